// SPDX-License-Identifier: Apache-2.0
// Measured times out of logs of nccl-tests and OSU's micro-benchmarks.
#include "import/import.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const std::string devices = R"(#  Rank  0 Group  0 Pid    1 on     node01 device  0 [0000:1b:00] NVIDIA H100 80GB HBM3
#  Rank  1 Group  0 Pid    2 on     node02 device  0 [0000:1b:00] NVIDIA H100 80GB HBM3
)";
const std::string header =
    R"(#                                                              out-of-place                       in-place
#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  #wrong
)";
const std::string two_tests =
    "# nccl-tests version 2.17.8 nccl-headers=22902 nccl-library=22902\n# Collective test starting: all_reduce_perf\n" + devices +
    header + "    1024    128    double    sum      -1    9.00   0.1   0.1       0    9.00   0.1   0.1    0\n" +
    "# Collective test starting: alltoall_perf\n" + devices + header +
    "    1024     64    double    none      -1    7.50   0.1   0.1       0    7.00   0.1   0.1    N/A\n"
    "    2048    128    double    none      -1    8.50   0.1   0.1       3    7.00   0.1   0.1    N/A\n"
    "    4096    256    double    none      -1    10656   0.1   0.1     N/A    7.00   0.1   0.1    N/A\n"
    "#\n# Out of bounds values : 0 OK\n";

Imported read(const std::string& text, ImportOptions options = {}) {
    const TemporaryFolder folder;
    options.given.push_back({"predict.cluster", "dgx_h100_x4"});
    return import_files({folder.write("log.txt", text)}, options);
}

std::string refusal(const std::string& text, const ImportOptions& options = {}) {
    const TemporaryFolder folder;
    return refusal_of([&] { import_files({folder.write("log", text)}, options); }, folder);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("import takes the all-to-all out of a log of nccl-tests", "[import]") {
    const Imported imported = read(two_tests);
    INFO(imported.yaml);
    CHECK(imported.is_record);
    CHECK(has(imported.yaml,
              "  - {ranks: 2, nodes: 2, size: 1024 B, time: 7.5 us, use: fit}\n"
              "  - {ranks: 2, nodes: 2, size: 4096 B, time: 10656 us, use: judged}\n"));
    CHECK(has(imported.yaml,
              "  exchange: {kind: uniform, size: of-rank}\n  algorithm: nccl\n  libraries: [nccl_2_29]  # NCCL 2.29.2, as the "
              "log says\n"));
    CHECK(has(imported.yaml, "hardware: \"2 x NVIDIA H100 80GB HBM3\"\n"));
    CHECK(imported.notes == std::vector<std::string>{"of the tests all_reduce, alltoall, alltoall is taken",
                                                     "1 rows with wrong results are left out"});
}

TEST_CASE("import reads old columns, with the ranks from size and count once the test is named", "[import]") {
    const std::string old = R"(#                                                       out-of-place                       in-place
#       size         count      type   redop     time   algbw   busbw  error     time   algbw   busbw  error
   268435456       1048576     float           520935    0.52    0.51  0e+00   519562    0.52    0.51  1e+00
)";
    CHECK(refusal(old) ==
          "log:2:1: error: found no name of the test; expected --test alltoall, --test alltoallv, --test sendrecv");
    CHECK(has(read(old, {{}, {}, {}, "alltoall", 0}).yaml, "  - {ranks: 64, size: 268435456 B, time: 520935 us, use: fit}\n"));
}

TEST_CASE("import reads what nccl-tests writes with -J", "[import]") {
    const std::string json =
        R"({"version":3,"start_time":"2026-07-01 10:00:00","args":["./build/alltoall_perf","-J","x.json"],"env":["HOME=/root"],)"
        R"("nccl_version":22902,"config":{"nthreads":1,"devices":[)"
        R"({"rank":0,"group":0,"pid":1,"hostname":"node01","device":0,"device_hex":"0000:1b:00","device_info":"NVIDIA H100 80GB HBM3"},)"
        R"({"rank":1,"group":0,"pid":2,"hostname":"node02","device":0,"device_hex":"0000:1b:00","device_info":"NVIDIA H100 80GB HBM3"}]},)"
        R"("results":[{"size":0,"count":0,"type":"float","redop":"none","root":"    -1",)"
        R"("out_of_place":{"time":5.100000,"alg_bw":0.000000,"bus_bw":0.000000,"nwrong":0.000000},"in_place":null},)"
        R"({"size":1024,"count":128,"type":"float","redop":"none","root":"    -1",)"
        R"("out_of_place":{"time":7.500000,"alg_bw":0.136533,"bus_bw":0.068267,"nwrong":0.000000},"in_place":null},)"
        R"({"size":2048,"count":256,"type":"float","redop":"none","root":"    -1",)"
        R"("out_of_place":{"time":8.500000,"alg_bw":0.240941,"bus_bw":0.120471,"nwrong":3.000000},"in_place":null}],)"
        R"("out_of_bounds":{"count":0,"okay":"true"},"errors":[]})";
    const Imported imported = read(json);
    INFO(imported.yaml);
    CHECK(has(imported.yaml, "  - {ranks: 2, nodes: 2, size: 1024 B, time: 7.5 us, use: fit}\n"));
    CHECK(has(imported.yaml, "hardware: \"2 x NVIDIA H100 80GB HBM3\"\n"));
    CHECK(has(imported.yaml, "libraries: [nccl_2_29]"));
    CHECK(imported.notes == std::vector<std::string>{"1 rows with wrong results are left out"});
    CHECK(refusal(R"({"nccl_version":22902,"results":[{"out_of_place":{"alg_bw":1}}]})") ==
          "log:1:1: error: found no 'config'; expected it, as nccl-tests writes it with -J");
}

TEST_CASE("import reads OSU's all-to-all, and asks for ranks and algorithm", "[import]") {
    const std::string osu =
        "# OSU MPI-CUDA All-to-All Personalized Exchange Latency Test v7.4\n# Size       Avg Latency(us)   Min Latency(us)   Max "
        "Latency(us)  Iterations\n"
        "1                       6.47              6.36              6.64        1000\n";
    CHECK(refusal(osu) ==
          "log:1:1: error: found no cluster that it was measured on: --set predict.cluster=FILE, a cluster as YAML or the name "
          "of a shipped one, no "
          "algorithm of MPI: --set predict.algorithm=mpi-pairwise (or mpi-linear, mpi-bruck, as the library chose), no number of "
          "ranks: --ranks N; "
          "expected what the file does not tell as options");
    CHECK(has(read(osu, {{}, {}, {{"predict.algorithm", "mpi-bruck"}}, {}, 4}).yaml,
              "  - {ranks: 4, size: 1 B, time: 6.47 us, fastest: 6.36 us, slowest: 6.64 us, use: fit}\n"));
}

TEST_CASE("import refuses what is wrong in a log at its place", "[import]") {
    const std::string start = "# Collective test starting: alltoall_perf\n" + header;
    CHECK(refusal(start) == "log:1:1: error: found no times; expected rows below the header of a test");
    CHECK(refusal(start + "  1024  64  double  none  -1  7.5\n") ==
          "log:4:1: error: found 6 columns; expected at least 12, as the header has them");
    CHECK(refusal(start + "  1024  64  double  none  -1  fast  1  1  0  1  1  1  0\n") ==
          "log:4:31: error: found 'fast'; expected a time in us above 0");
    CHECK(refusal("# OSU MPI Allreduce Latency Test v7.4 all\n1 2\n") ==
          "log:1:1: error: found 'OSU MPI Allreduce Latency Test v7.4 all'; expected the test All-to-All or All-to-Allv");
}

}  // namespace tokenyard
