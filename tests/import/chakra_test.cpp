// SPDX-License-Identifier: Apache-2.0
// Execution traces of Chakra, written by hand byte for byte after et_def.proto.
#include "import/chakra.hpp"
#include "import/import.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace tokenyard {
namespace {

using namespace std::string_literals;

std::string with_length(const std::string& message) { return static_cast<char>(message.size()) + message; }

const std::string metadata = with_length(
    "\x0A\x05"
    "0.0.4"s);

/// name (1) and int64_val (9), of one byte each.
std::string attribute(const std::string& name, char number, char field = '\x48') {
    return "\x52"s + with_length("\x0A"s + with_length(name) + field + number);
}

std::string node(char id, const std::string& name, char type, const std::string& rest) {
    return with_length("\x08"s + id + "\x12" + with_length(name) + "\x18" + type + rest);
}

/// Node 1, an all-to-all, waits for node 2, a computation with a start time that is passed over, and with a control dependency
/// that makes a circle; node 3 sends, its source a sint32.
const std::string trace =
    metadata + node(1, "a2a", 7, "\x2A\x01\x02"s + attribute("comm_type", 6) + attribute("comm_size", 64)) +
    node(2, "comp", 4, "\x20\x01\x30\x05"s) +
    node(3, "s,\"x", 5,
         "\x28\x01"s + attribute("comm_size", 9) + attribute("comm_src", 4, '\x78') + attribute("comm_dst", 3, '\x38'));

std::string listed(const std::string& bytes) {
    const TemporaryFolder folder;
    std::string text;
    const std::string refusal = refusal_of([&] { text = import_files({folder.write("t.0.et", bytes)}, {}).yaml; }, folder);
    return refusal == accepted ? text : refusal;
}

}  // namespace

TEST_CASE("import lists collectives and messages of a trace of Chakra in the order of their dependencies", "[import]") {
    CHECK(listed(trace) ==
          "# Written by `tokenyard import` from t.0.et: Chakra's execution traces.\n"
          "# t.0.et: version 0.0.4, 3 nodes, of which 2 communicate, in an order that data dependencies allow.\n"
          "file,order,node,name,kind,bytes,source,destination,group\n"
          "\"t.0.et\",0,1,\"a2a\",all-to-all,64,,,\n"
          "\"t.0.et\",1,3,\"s,\"\"x\",send,9,2,3,\n");
}

TEST_CASE("import refuses what is wrong in a trace of Chakra at its byte", "[import]") {
    CHECK(listed("") == "t.0.et:1:1: error: found an empty file at byte 0; expected Chakra's messages with their lengths");
    CHECK(listed(trace.substr(0, trace.size() - 1)) ==
          "t.0.et:1:1: error: found a message of 55 bytes, of which 54 are there, at byte 67; expected Chakra's messages with "
          "their "
          "lengths");
    CHECK(listed(metadata + node(1, "a", 7, "") + node(1, "b", 7, "")) ==
          "t.0.et:1:1: error: found node 1 again at byte 16; expected each id once");
    CHECK(listed(metadata + node(1, "a", 7, "\x28\x02") + node(2, "b", 7, "\x28\x01")) ==
          "t.0.et:1:1: error: found node 1 among 2 that wait for each other; expected dependencies without a circle");
    CHECK(listed(metadata + "\x01\x0B") ==
          "t.0.et:1:1: error: found a field of wire type 3 at byte 10; expected Chakra's messages with their lengths");
    CHECK(listed(metadata + "\x0B\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02") ==
          "t.0.et:1:1: error: found a number of more than 64 bits at byte 20; expected Chakra's messages with their lengths");
}

TEST_CASE("import reads or refuses nonsense in traces of Chakra, and does nothing else", "[import]") {
    std::mt19937 random(20261202);
    int refused = 0;
    for (int one = 0; one < 500; ++one) {
        std::string bytes = trace;
        for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
        if (one % 5 == 0) bytes.resize(random() % bytes.size());
        const std::string said = listed(bytes);
        const bool is_refused = said.find(": error: ") != std::string::npos;
        refused += is_refused;
        REQUIRE((is_refused || said.starts_with("# Written by")));
    }
    CHECK(refused > 100);
}

}  // namespace tokenyard
