// SPDX-License-Identifier: Apache-2.0
// All-to-alls of PyTorch's traces as S(i,k): Kineto's and execution traces, written by hand.
#include "import/import.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <random>

namespace tokenyard {
namespace {

/// A call as the profiler writes it, with lists as texts.
std::string event(const std::string& collective, const std::string& in, const std::string& out, const char* dtype = "BFloat16") {
    return fmt::format(
        R"({{"ph": "X", "cat": "cpu_op", "name": "record_param_comms", "args": {{"Collective name": "{}", )"
        R"("In split size": "{}", "Out split size": "{}", "dtype": "{}", "In msg nelems": 12, "Group size": 2}}}})",
        collective, in, out, dtype);
}

std::string kineto(int rank, const std::string& events) {
    return fmt::format(R"({{"distributedInfo": {{"backend": "nccl", "rank": {}, "world_size": 2}}, "traceEvents": [{}]}})", rank,
                       events);
}

/// What a rank of 2 has: another kernel, an all-reduce, a small all-to-all and a large one.
std::string rank0() {
    return kineto(0, R"({"name": "aten::mm", "args": {"Input Dims": [[2, 2]]}}, )" + event("allreduce", "[]", "[]") + ", " +
                         event("all_to_allv", "[1, 2]", "[1, 3]") + ", " + event("all_to_allv", "[10, 20]", "[10, 30]", "Float"));
}
std::string rank1() {
    return kineto(1, event("all_to_allv", "[3, 4]", "[2, 4]") + ", " + event("all_to_allv", "[30, 40]", "[20, 40]", "Float"));
}

std::string node(const std::string& name, const std::string& in, const std::string& out, int rank) {
    return fmt::format(R"({{"name": "record_param_comms", "op_schema": "", "inputs": [[717, 714, 0, 6, 8, "cuda:{}"], 147, 94, )"
                       R"({}, "{}", {}, {}]}})",
                       rank, rank, name, in, out);
}

std::string execution_trace(const std::string& nodes) { return R"({"schema": "1.0.1", "nodes": [)" + nodes + "]}"; }

struct Traces : TemporaryFolder {
    std::string notes;
    /// What is written, or the refusal.
    std::string matrix(const std::string& first, const std::string& second, int collective = 0) {
        const std::vector<std::string> files{write("a.json", first), write("b.json", second)};
        std::string text;
        ImportOptions options;
        options.collective = collective;
        const std::string refusal = refusal_of(
            [&] {
                const Imported imported = import_files(files, options);
                text = imported.yaml;
                for (const std::string& note : imported.notes) notes += note;
            },
            *this);
        return refusal == accepted ? text : refusal;
    }
};

const std::string begin = "# Written by `tokenyard import` from a.json, b.json: PyTorch's traces of 2 ranks.\n# All-to-all ";

}  // namespace

TEST_CASE("import makes the largest all-to-all of PyTorch's profiler a matrix", "[import]") {
    Traces traces;
    // Rank 1 is given first, and says so itself. Floats have 4 bytes.
    CHECK(traces.matrix(rank1(), rank0()) == begin + "2 of 2, 400 B in all; row = source, bytes.\n40 80\n120 160\n");
    CHECK(traces.notes == "of 2 all-to-alls of 20, 400 B the 2. is taken, which moves most: --collective N takes another");
    CHECK(traces.matrix(rank0(), rank1(), 1) == begin + "1 of 2, 20 B in all; row = source, bytes.\n2 4\n6 8\n");
}

TEST_CASE("import reads all-to-alls of PyTorch's execution traces, with lists or in equal parts", "[import]") {
    Traces traces;
    const auto all = [](int rank) {
        return execution_trace(node("wait", "[]", "[]", rank) + ", " + node("all_to_all", "[]", "[]", rank));
    };
    CHECK(traces.matrix(all(0), all(1)) == begin + "1 of 1, 96 B in all; row = source, bytes.\n24 24\n24 24\n");
    CHECK(traces.matrix(execution_trace(node("all_to_allv", "[1, 5]", "[1, 2]", 0)),
                        execution_trace(node("all_to_allv", "[2, 4]", "[5, 4]", 1))) ==
          begin + "1 of 1, 96 B in all; row = source, bytes.\n8 40\n16 32\n");
}

TEST_CASE("import says what is missing in PyTorch's traces", "[import]") {
    Traces traces;
    CHECK(traces.matrix(kineto(0, event("all_to_allv", "[1, 2, ..., 3]", "[1, 3]")), rank1()) ==
          "a.json:1:1: error: found a list 'In split size' that the profiler cut; expected all of it: an execution trace has it "
          "(torch.profiler.ExecutionTraceObserver)");
    CHECK(traces.matrix(kineto(0, event("allreduce", "[]", "[]")), rank1()) ==
          "a.json:1:1: error: found no all-to-all with its sizes; expected record_param_comms with 'Collective name' and split "
          "sizes, as newer ones of PyTorch have them");
    CHECK(traces.matrix(rank0(), rank0()) ==
          "b.json:1:1: error: found rank 0 where rank 1 should be; expected a file of each of 2 ranks");
    CHECK(
        traces.matrix(kineto(0, event("all_to_allv", "[1, 2]", "[1, 9]")), kineto(1, event("all_to_allv", "[3, 4]", "[2, 4]"))) ==
        "a.json:1:1: error: found 18 B received from rank 1 in all-to-all 1, which sent 6 B; expected both alike");
    CHECK(traces.matrix(rank0(), kineto(1, event("all_to_allv", "[3, 4]", "[2, 4]"))) ==
          "b.json:1:1: error: found 1 all-to-alls, and 2 on rank 0; expected as many");
    CHECK(traces.matrix(rank0(), rank1(), 3) == "a.json:1:1: error: found 2 all-to-alls; expected --collective from 1 to 2");
    CHECK(traces.matrix(kineto(0, event("all_to_allv", "[1, 2]", "[1, 3]", "Complex")), rank1()) ==
          "a.json:1:1: error: found dtype 'Complex' of an all-to-all; expected a type that is known");
    CHECK(traces.matrix(kineto(0, event("all_to_allv", "[1, -2]", "[1, 3]")), rank1()) ==
          "a.json:1:1: error: found '-2' in 'In split size'; expected a number of elements");
    const std::string huge =
        R"({"schema": "1.0.1", "op_schema": "", "nodes": [{"name": "record_param_comms", "inputs": [[1, 2, 0, 6, 8000000000], )"
        R"(0, "all_to_allv", [1, 2], [1, 3]]}]})";
    CHECK(traces.matrix(huge, rank1()) == "a.json:1:1: error: found elements of 8000000000 B in an all-to-all; expected 1 to 16");
    const std::string crowded =
        R"({"distributedInfo": {"rank": 0, "world_size": 1000000000000}, "traceEvents": [{"name": )"
        R"("record_param_comms", "args": {"Collective name": "all_to_all", "dtype": "Int", "In split size": )"
        R"("[]", "Out split size": "[]", "In msg nelems": 0}}]})";
    CHECK(traces.matrix(crowded, rank1()) ==
          "a.json:1:1: error: found an all-to-all without split sizes; expected them, or elements and ranks that divide them");
    CHECK(traces.matrix("{\"traceEvents\": [\n{,", rank1()) ==
          "a.json:2:2: error: found no JSON here; expected a trace of PyTorch");
}

TEST_CASE("import ends with a matrix or an error on traces of PyTorch that are broken at random", "[import]") {
    std::mt19937 draw(7);
    Traces traces;
    constexpr std::string_view letters = "{}[]\",:0a-";
    for (int round = 0; round < 200; ++round) {
        std::string broken = rank0();
        for (int i = 0; i < 3; ++i) broken[draw() % broken.size()] = letters[draw() % letters.size()];
        const std::string said = traces.matrix(broken, rank1());
        CHECK((said.starts_with("# Written by") || said.find("error: found") != std::string::npos));
    }
}

}  // namespace tokenyard
