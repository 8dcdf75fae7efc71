// SPDX-License-Identifier: Apache-2.0
// Ranks that die, hang or never come: the others say which, end with 3, and never wait for ever.
#include "net/group.hpp"

#include "support/files.hpp"
#include "support/process.hpp"
#include "support/reserved_port.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>
#include <string>

namespace tokenyard {
namespace {

/// In the midst of many exchanges, each of which records two events (kernels/emulator/host_calls.cpp).
const std::string dies = "TOKENYARD_EMULATOR_KILL_AT=200 ", stops = "TOKENYARD_EMULATOR_STOP_AT=200 ";

/// Three ranks of an endless exchange, in the background, each with its stderr in a file; one of them ends or stops by itself.
/// Then what `then` does.
std::string three_ranks(const ReservedPort& port, int ill, const std::string& how, const std::string& then) {
    std::string script = "export WORLD_SIZE=3 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port.number() + "\n";
    for (const int rank : {0, 1, 2}) {
        const std::string name = std::to_string(rank);
        script += (rank == ill ? how : "") + "RANK=" + name + " '" + TOKENYARD_GPU_PROGRAM +
                  "' exchange --pattern uniform --sizes 1000 --iterations 1000000 --timeout 5 >/dev/null 2>err" + name +
                  " & pid" + name + "=$!\n";
    }
    return script + then;
}

/// What a rank wrote to stderr, but for AddressSanitizer's remark on fibers.
std::string said_in(const TemporaryFolder& folder, const std::string& file) {
    std::istringstream lines(read_file(folder.path(file)));
    std::string said;
    for (std::string line; std::getline(lines, line);)
        if (line.rfind("==", 0) != 0) said += line + "\n";
    return said;
}

ProcessResult run_script(const TemporaryFolder& folder, const std::string& script) {
    folder.write("run.sh", script);
    return run_program("/bin/sh", "run.sh", folder.path());
}

}  // namespace

TEST_CASE("a rank that dies in an exchange is named by all the others, who end with 3", "[kernels]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const ProcessResult result = run_script(
        folder, three_ranks(port, 1, dies, "wait $pid1; second=$?; wait $pid0; first=$?; wait $pid2; echo $first $second $?"));
    CHECK(result.out == "3 137 3\n");
    for (const char* file : {"err0", "err2"}) {
        const std::string said = said_in(folder, file);
        CHECK_THAT(said, Catch::StartsWith("tokenyard-gpu: error: rank 1 is gone: its connection closed, at exchange "));
        CHECK(std::count(said.begin(), said.end(), '\n') == 1);
    }
}

TEST_CASE("the death of rank 0, where all meet, is noticed too", "[kernels]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const ProcessResult result = run_script(
        folder, three_ranks(port, 0, dies, "wait $pid0; first=$?; wait $pid1; second=$?; wait $pid2; echo $first $second $?"));
    CHECK(result.out == "137 3 3\n");
    for (const char* file : {"err1", "err2"})
        CHECK(said_in(folder, file) == "tokenyard-gpu: error: rank 0 is gone: the connection to it closed\n");
}

TEST_CASE("a rank that stops moving is named within the timeout", "[kernels][full]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const ProcessResult result =
        run_script(folder, three_ranks(port, 2, stops, "wait $pid0; first=$?; wait $pid1; echo $first $?; kill -9 $pid2"));
    CHECK(result.out == "3 3\n");
    for (const char* file : {"err0", "err1"})
        CHECK_THAT(said_in(folder, file), Catch::StartsWith("tokenyard-gpu: error: rank 2 is silent for "));
}

TEST_CASE("ranks that never come are named, all of them", "[kernels]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const ProcessResult result =
        run_program("/bin/sh", "-c \"WORLD_SIZE=4 RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port.number() + " '" +
                                   TOKENYARD_GPU_PROGRAM + "' exchange --pattern self --timeout 1\"");
    CHECK(result.err == "tokenyard-gpu: error: ranks 1, 2, 3 have not come within 1 s\n");
    CHECK(result.exit_code == 3);
}

TEST_CASE("a rank that finds nobody at MASTER_ADDR says where it looked", "[kernels]") {
    const ProcessResult result =
        run_program("/bin/sh", std::string("-c \"WORLD_SIZE=2 RANK=1 MASTER_ADDR=127.0.0.1 MASTER_PORT=9 '") +
                                   TOKENYARD_GPU_PROGRAM + "' exchange --pattern self --timeout 1\"");
    CHECK(result.err == "tokenyard-gpu: error: rank 1 cannot meet the others: cannot reach 127.0.0.1:9: Connection refused\n");
    CHECK(result.exit_code == 3);
}

TEST_CASE("two processes that take the same rank are refused", "[kernels]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const std::string one = " MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port.number() + " '" + TOKENYARD_GPU_PROGRAM +
                            "' exchange --pattern self --timeout 5";
    const ProcessResult result = run_script(folder, "WORLD_SIZE=3 RANK=0" + one + " & a=$!\nWORLD_SIZE=3 RANK=1" + one +
                                                        " 2>/dev/null &\nWORLD_SIZE=3 RANK=1" + one + " 2>/dev/null\nwait $a\n");
    CHECK(result.err == "tokenyard-gpu: error: found rank 1 twice; expected each of 3 once\n");
    CHECK(result.exit_code == 3);
}

TEST_CASE("a rank that comes after the others have failed is told why", "[kernels]") {
    namespace gpu = tokenyard::gpu;
    gpu::Socket listener = gpu::listen_on(0, true);
    const int port = gpu::port_of(listener);
    const gpu::Patience patience{gpu::seconds_from_now(5)};
    gpu::Hub hub(std::move(listener), 3, 5);
    const gpu::Socket first = gpu::connect_to("127.0.0.1", port, patience), second = gpu::connect_to("127.0.0.1", port, patience);
    for (const gpu::Socket* rank1 : {&first, &second}) gpu::send_frame(*rank1, {gpu::FrameKind::hello, 1, "3"}, patience);
    for (const gpu::Socket* rank1 : {&first, &second}) {
        char byte = 0;
        gpu::receive_all(*rank1, &byte, 1, patience);  // what both are told, so that it is over by now
    }
    gpu::Place place;
    place.rank = 2;
    place.ranks = 3;
    place.address = "127.0.0.1";
    place.port = port;
    CHECK_THROWS_WITH(gpu::Group(place, {}, 5, [](const std::string&) {}), "found rank 1 twice; expected each of 3 once");
}

}  // namespace tokenyard
