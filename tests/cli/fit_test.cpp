// SPDX-License-Identifier: Apache-2.0
// tokenyard fit: the real program on measurements that were worked out by hand.
#include "support/files.hpp"
#include "support/process.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

/// One node of two GPUs, 200 GB/s each way, 8 NVLinks. A message has 16 channels, or as many as it has 64 KiB, and chunks of 512
/// KiB.
const std::string cluster = R"(name: pair
nodes: 1
node:
  gpus: 2
  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}
  scale_up: {kind: nvswitch, bandwidth_per_gpu: 200 GB/s, latency: 0 us}
sources: [none, this is a test]
)";

const std::string start = R"(name: start
nccl: {launch: 5 us, per_peer: 1 us, nvlink_latency: 3 us, network_latency: 0 us, ll_latency: 1 us, chunk_overhead: 0 us,
       connection_rate: 1 GB/s, search_channels: 24, pxn: yes, copy_engines: no}
mpi: {overhead: 0 us, eager_limit: 0 B}
two_level: {launch: 0 us, sms: 24, chunk_tokens: 20, chunk_overhead: 0 us}
low_latency: {launch: 0 us, message_overhead: 0 us, arrival: 0 us, queue_pairs: 1}
balanced: {launch: 0 us}
compute: {launch: 0 us, gemm_efficiency: 1, tile_tokens: 1, memory_efficiency: 1}
sources: [none, this is a test]
)";

std::string exchange(int bytes, double microseconds, const char* pattern) {
    return fmt::format(R"({{"record": "exchange", "phase": "matrix", "pattern": "{}", "message_bytes": {}, "transport": "nccl", )"
                       R"("ranks": 2, "node_of_rank": [0, 0], "environment": {{}}, "matrix_bytes": [[0, {}], [0, 0]], )"
                       R"("median_us": {}, "p5_us": {}, "p95_us": {}, "wrong_bytes": 0}})"
                       "\n",
                       pattern, bytes, bytes, microseconds, microseconds, microseconds);
}

/// A launch of 9 us and 2 GB/s a connection: 9 + 1 + 3 us, and a part and its last chunk at 2 GB/s. Parts are of 52 KiB, 64 KiB,
/// 512 KiB and 2 MiB.
struct MeasuredFolder : TemporaryFolder {
    MeasuredFolder() {
        constexpr int KiB = 1024;
        write("c.yaml", cluster);
        write("start.yaml", start);
        write("m.jsonl", exchange(257 * KiB, 13 + 104 * KiB / 2e3, "pair") + exchange(1024 * KiB, 13 + 128 * KiB / 2e3, "pair") +
                             exchange(8192 * KiB, 13 + 1024 * KiB / 2e3, "pair") +
                             exchange(32768 * KiB, 13 + 2560 * KiB / 2e3, "pair") +
                             exchange(16384 * KiB, 1, "all-to-all"));  // judged, and so not seen by the fit
    }
    ProcessResult fit(const std::string& arguments) const {
        return run_tokenyard("fit m.jsonl --cluster c.yaml --calibration start.yaml " + arguments, path());
    }
};

const std::string help = "\nRun with --help for more information.\n";

}  // namespace

TEST_CASE("fit finds the launch and the rate that measurements were made with", "[cli]") {
    // Before, 5 us and 1 GB/s give 9 us and twice the rest: 115.5 us for 66.2, 140.1 for 78.5, 1057.6 for 537.3, 2630.4 for
    // 1323.7, whose logarithms are 0.556, 0.579, 0.677 and 0.687
    const MeasuredFolder folder;
    const ProcessResult result = folder.fit("--vary nccl.launch,nccl.connection_rate --name found --out f.yaml");
    CHECK(result.err == "");
    REQUIRE(result.exit_code == 0);
    CHECK(result.out ==
          "# 4 rows, 2 parameters; root mean square of ln(predicted / measured): 0.6273 before, 0.0000 after\n"
          "# parameter                              before         fitted     95 %: from             to\n"
          "# nccl.launch                              5 us           9 us           9 us           9 us\n"
          "# nccl.connection_rate                   1 GB/s         2 GB/s         2 GB/s         2 GB/s\n");
    const std::string written = read_file(folder.path("f.yaml"));
    CHECK(written.starts_with(result.out + "name: \"found\"\n"));
    CHECK(written.find("Fitted by `tokenyard fit` to the fit rows of m.jsonl (4 rows).") != std::string::npos);
    CHECK(written.find("  per_peer: 1 us\n") != std::string::npos);  // what is not varied stays
    // What was written is a calibration, with which nothing is left to fit.
    const ProcessResult again = run_tokenyard(
        "fit m.jsonl --cluster c.yaml --calibration f.yaml --vary nccl.launch,nccl.connection_rate --out g.yaml", folder.path());
    CHECK(again.exit_code == 0);
    CHECK(again.out.find("0.0000 before, 0.0000 after") != std::string::npos);
}

TEST_CASE("fit refuses what it cannot start from, and files that are none", "[cli]") {
    const MeasuredFolder folder;
    const auto check = [&](const ProcessResult& result, int exit_code, const std::string& message) {
        CHECK(result.exit_code == exit_code);
        CHECK(result.err == message);
        CHECK(result.out == "");
    };
    check(folder.fit("--vary nccl.warp_rate --out f.yaml"), 1,
          "--vary nccl.warp_rate: found 0 or no limit; expected a value to start from" + help);
    check(folder.fit("--vary nccl.launch,nccl.launch --out f.yaml"), 1,
          "--vary nccl.launch: found it again; expected it once" + help);
    check(folder.fit("--vary nccl.launch,nccl.per_peer,nccl.nvlink_latency,nccl.connection_rate --out f.yaml"), 1,
          "--vary: found 4 parameters and 4 rows of use fit; expected more rows than parameters" + help);
    folder.write("m.jsonl", exchange(1024, 10, "pair") + "{\"record\": \"exchange\", \"ranks\": 2}\n");
    check(folder.fit("--vary nccl.launch --out f.yaml"), 2,
          "m.jsonl:2:1: error: found no 'matrix_bytes' in the exchange; expected it\n");
    folder.write("m.jsonl", "[1]\n");
    check(folder.fit("--vary nccl.launch --out f.yaml"), 2, "m.jsonl:1:1: error: found a list; expected a JSON object\n");
}

TEST_CASE("fit says which parameters its rows cannot tell apart", "[cli]") {
    const MeasuredFolder folder;
    const ProcessResult result = folder.fit("--vary nccl.launch,nccl.nvlink_latency --out f.yaml");
    CHECK(result.exit_code == 1);
    CHECK(result.err ==
          "--vary: found nccl.launch and nccl.nvlink_latency, which these rows cannot tell; expected fewer "
          "parameters, or rows that do" +
              help);
}

}  // namespace tokenyard
