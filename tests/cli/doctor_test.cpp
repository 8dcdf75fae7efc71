// SPDX-License-Identifier: Apache-2.0
// The verb `doctor`: cases of people who asked why, and what it says of wrong options.
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace tokenyard {
namespace {

/// The number of the group that a cause is in; 0 where it is in none. Causes of a group cannot be told apart.
int group_of(const std::string& out, const std::string& cause) {
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(cause + " ")) return std::stoi(line.substr(line.rfind(' ')));
    return 0;
}

bool is_first_or_second(const std::string& out, const std::string& cause) {
    const int group = group_of(out, cause);
    return group == 1 || group == 2;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Rows of alltoall_perf on 2 nodes of 8 H100: a size, and a time in us.
std::string log_of(const std::vector<std::pair<long, double>>& rows) {
    std::string text =
        "# nccl-tests version 2.17.8 nccl-headers=22902 nccl-library=22902\n# Collective test starting: alltoall_perf\n";
    for (int rank = 0; rank < 16; ++rank)
        text += "#  Rank " + std::to_string(rank) + " Group  0 Pid 1 on node0" + std::to_string(rank / 8) + " device " +
                std::to_string(rank % 8) + " [0000:1b:00] NVIDIA H100 80GB HBM3\n";
    text +=
        "#                                                              out-of-place                       in-place\n"
        "#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  "
        "#wrong\n";
    for (const auto& [size, us] : rows)
        text += "  " + std::to_string(size) + " " + std::to_string(size / 64) + " float none -1 " + std::to_string(us) +
                " 0 0 0 " + std::to_string(us) + " 0 0 N/A\n";
    return text;
}

constexpr long MiB = 1024 * 1024;

}  // namespace

TEST_CASE("doctor finds that DeepEP went over bonded NICs inside nodes of H20", "[cli]") {
    // Two hosts of 8 H20 with a NIC for two GPUs; dispatch and combine of 128 tokens took 873 us, and NVLink was not used.
    const ProcessResult result = run_tokenyard(
        "doctor hgx_h20_x2 --workload deepseek_v3_decode --algorithm low-latency --set ranks=16 --time both='873 us'");
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
    CHECK(is_first_or_second(result.out, "nics-inside"));
    CHECK(has(result.out, "\n#   in the model: --set 'node.inside=nics'\n"));
}

TEST_CASE("doctor finds that NVLink was off on two DGX H100", "[cli]") {
    // 46 GB/s of bus bandwidth, 15/16 of what a rank sends: 1 GiB / (46 x 16/15 GB/s) = 21,883 us; 30 us for a few KB.
    const TemporaryFolder folder;
    folder.write("off.log", log_of({{4096, 30}, {8192, 30}, {1024 * MiB, 21883}, {2048 * MiB, 43767}, {4096 * MiB, 87533}}));
    const ProcessResult result = run_tokenyard("doctor dgx_h100_x4 off.log", folder.path());
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
    CHECK(is_first_or_second(result.out, "nics-inside"));
}

TEST_CASE("doctor finds that two GPUs share a NIC", "[cli]") {
    // 30 GB/s and less on two nodes: half of a rank's bytes cross a NIC of 48.5 GB/s that it shares with a neighbour, which is
    // 2 x 1/2 x 1 GiB / 48.5 GB/s = 22,139 us
    const TemporaryFolder folder;
    folder.write("shared.log", log_of({{64 * MiB, 1480}, {256 * MiB, 5640}, {1024 * MiB, 22300}, {4096 * MiB, 88700}}));
    const ProcessResult result = run_tokenyard("doctor dgx_h100_x4 shared.log --json -", folder.path());
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
    const nlohmann::json json = nlohmann::json::parse(result.out);
    CHECK(json["schema"] == "tokenyard.diagnosis/1");
    CHECK(json["verdict"] == "explained");
    std::vector<std::string> first;
    for (const auto& cause : json["causes"])
        if (cause["group"] == 1) first.push_back(cause["cause"]);
    CHECK(std::find(first.begin(), first.end(), "fewer-nics") != first.end());
}

TEST_CASE("doctor says that there is nothing to explain where predictions are near", "[cli]") {
    const ProcessResult result = run_tokenyard("doctor dgx_h100_x4 nccl_h100_node");
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
    CHECK(result.out.starts_with("# The model already explains these times: "));
}

TEST_CASE("doctor names the slow node of times of pairs", "[cli]") {
    const TemporaryFolder folder;
    folder.write("pairs.txt", "0 10 10 21\n10 0 10 20\n10 10 0 21\n20 20 20 0\n");
    const ProcessResult result = run_tokenyard(
        "doctor dgx_h100_x4 --workload deepseek_v3_decode --algorithm low-latency --time both='900 us' --pairs pairs.txt",
        folder.path());
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
    CHECK(has(result.out, "\n# pairs: node3, both directions: 2.10 times as long as others like it\n"));
}

TEST_CASE("doctor refuses times of pairs that fit neither ranks nor nodes, and pairs without a time", "[cli]") {
    const TemporaryFolder folder;
    folder.write("three.txt", "0 10 10\n10 0 10\n10 10 0\n");
    folder.write("hole.txt", "0 10 10\n10 0 0\n10 10 0\n");
    const auto refusal = [&](const std::string& pairs) {
        return run_tokenyard(
            "doctor dgx_h100_x4 --workload deepseek_v3_decode --algorithm low-latency --time both='900 us' "
            "--pairs " +
                pairs,
            folder.path());
    };
    const ProcessResult three = refusal("three.txt"), hole = refusal("hole.txt");
    CHECK(three.exit_code == 1);
    CHECK(three.err.starts_with("--pairs: found times between 3 places; expected 32 ranks, or 4 nodes\n"));
    CHECK(hole.exit_code == 2);
    CHECK(hole.err == "--pairs:1:1: error: found no time from 1 to 2; expected one in us, above 0.005\n");
}

TEST_CASE("doctor refuses what does not go together", "[cli]") {
    const TemporaryFolder folder;
    folder.write("osu.log", "# OSU MPI All-to-All Personalized Exchange Latency Test v7.4\n1 6.47\n");
    const auto refusal = [&](const std::string& arguments) {
        const ProcessResult result = run_tokenyard("doctor " + arguments, folder.path());
        CHECK(result.exit_code == 1);
        CHECK(result.out.empty());
        return result.err.substr(0, result.err.find('\n'));
    };
    CHECK(refusal("- osu.log") == "CLUSTER: found -; expected a file or a preset, because it is read more than once");
    CHECK(refusal("dgx_h100_x4") == "MEASURED: found none; expected a file of measured times, or --workload and --time");
    CHECK(refusal("dgx_h100_x4 osu.log --time both='1 ms'") == "MEASURED: found a file beside --time; expected one of them");
    CHECK(refusal("dgx_h100_x4 --time both='1 ms'") ==
          "--time: found no --workload or no --algorithm; expected both, which the times are of");
    CHECK(refusal("dgx_h100_x4 osu.log --workload deepseek_v3_decode") ==
          "--workload: found no --time; expected the measured times of it");
    CHECK(refusal("dgx_h100_x4 --time all='1 ms'") ==
          "--time: found 'all=1 ms'; expected dispatch=TIME, combine=TIME or both=TIME");
    CHECK(refusal("dgx_h100_x4 osu.log") ==
          "--algorithm: found none; expected the one that MPI ran: mpi-pairwise, mpi-linear or mpi-bruck");
}

}  // namespace tokenyard
