// SPDX-License-Identifier: Apache-2.0
// tokenyard export: what other simulators read, by the rules of their formats.
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <sstream>

namespace tokenyard {
namespace {

/// Two leaves of two nodes with one GPU each, 2:1, and unequal sizes.
struct ExportFolder : TemporaryFolder {
    ExportFolder() {
        write("four.yaml", R"(name: four
nodes: 4
node:
  gpus: 1
  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}
  nics: {count: 1, bandwidth: 400 Gbit/s, latency: 2 us}
fabric: {kind: fat-tree, levels: 2, leaf_ports: 4, leaf_down_ports: 2, oversubscription: 2, hop_latency: 0.3 us}
sources: [none, this is a test]
)");
        write("s.txt", "0 0 160 0\n320 0 0 0\n0 0 0 480\n0 640 0 0\n");
    }
    ProcessResult exported(const std::string& options) const {
        return run_tokenyard("export four.yaml --matrix s.txt --set efficiency.scale_out=1 --to " + options, path());
    }
};

const std::string help = "\nRun with --help for more information.\n";

std::string first_lines(const std::string& text, int count) {
    std::size_t end = 0;
    while (count-- > 0) end = text.find('\n', end) + 1;
    return text.substr(0, end);
}

}  // namespace

TEST_CASE("export --to htsim writes a connection for each transfer, between hosts numbered by leaf", "[cli]") {
    const ExportFolder folder;
    CHECK(folder.exported("htsim").out ==
          "# starts in ps, sizes in B; a host is a NIC\n# not here: 0 transfers inside nodes\nNodes 4\nConnections 4\n"
          "0->2 id 1 start 0 size 160\n1->0 id 2 start 0 size 320\n2->3 id 3 start 0 size 480\n3->1 id 4 start 0 size 640\n");
    CHECK(folder.exported("htsim --algorithm mpi-linear --set mpi.overhead='2 us' --set mpi.eager_limit='1 KiB'")
              .out.find("0->2 id 3 start 4000000 size 160\n") != std::string::npos);
}

TEST_CASE("export --to htsim-topology writes leaves and spines at line rate", "[cli]") {
    const ExportFolder folder;
    CHECK(
        folder.exported("htsim-topology --set efficiency.scale_out=0.5").out ==
        "# latencies of cables are at least 1 ns, as htsim wants them\nNodes 4\nTiers 2\nPodsize 4\n\n"
        "Tier 0\nDownlink_speed_Gbps 400\nRadix_Down 2\nRadix_Up 1\nOversubscribed 2\nDownlink_Latency_ns 1000\n"
        "Switch_Latency_ns 300\n\nTier 1\nDownlink_speed_Gbps 400\nRadix_Down 2\nDownlink_Latency_ns 1\nSwitch_Latency_ns 300\n");
}

TEST_CASE("a rail-optimized cluster's hosts stand leaf by leaf, and transfers inside nodes are counted", "[cli]") {
    // 4 x 8 GPUs, one NIC each, rail by rail: rank 1 of node 0 is the first host of the second leaf
    TemporaryFolder folder;
    std::string matrix;
    for (int source = 0; source < 32; ++source)
        for (int destination = 0; destination < 32; ++destination)
            matrix += source == 1 && (destination == 0 || destination == 9) ? "1600" : "0",
                matrix += destination < 31 ? ' ' : '\n';
    folder.write("s.txt", matrix);
    const ProcessResult result = run_tokenyard("export dgx_h100_x4 --matrix s.txt --to htsim", folder.path());
    CHECK(result.out ==
          "# starts in ps, sizes in B; a host is a NIC\n# not here: 1 transfers inside nodes\nNodes 32\nConnections 1\n"
          "4->5 id 1 start 0 size 1600\n");
}

TEST_CASE("export --to goal writes a send, a receive and what they require for each transfer", "[cli]") {
    const ExportFolder folder;
    const std::string goal = folder.exported("goal --algorithm mpi-pairwise --set mpi.eager_limit='1 KiB'").out;
    CHECK(first_lines(goal, 4) ==
          "// 36 steps; times in ps\n// options that fit the cluster: -L 2900000 -o 0 -g 0 -G 20 -O 0 -S 1\n"
          "// not in LogGP: links that transfers share; 0 steps with a rate of their own, 0 through other ranks' GPUs\nnum_ranks "
          "4\n");
    // every label that is required is there, in the same rank, and each send has its receive
    std::istringstream lines(goal);
    std::map<std::string, int> sent, received;
    std::string rank;
    std::map<std::string, bool> is_defined;  // by rank and label
    for (std::string word, line; std::getline(lines, line);) {
        std::istringstream words(line);
        words >> word;
        if (word == "rank") words >> rank;
        if (word.back() == ':') is_defined[rank + "/" + word.substr(0, word.size() - 1)] = true;
        const std::size_t tag = line.find("tag ");
        if (line.find(": send ") != std::string::npos) ++sent[line.substr(tag)];
        if (line.find(": recv ") != std::string::npos) ++received[line.substr(tag)];
        if (const std::size_t requires_at = line.find(" requires "); requires_at != std::string::npos) {
            is_defined.try_emplace(rank + "/" + line.substr(0, requires_at));
            is_defined.try_emplace(rank + "/" + line.substr(requires_at + 10));
        }
    }
    CHECK(sent == received);
    CHECK(sent.size() >= 12);
    for (const auto& [label, defined] : is_defined) {
        INFO(label);
        CHECK(defined);
    }
}

TEST_CASE("export --to matrix is read back to the same S(i,k), square and in sixteens of bytes", "[cli]") {
    TemporaryFolder folder;
    for (const char* phase : {"dispatch", "combine"}) {
        const std::string option = std::string(" --phase ") + phase;
        REQUIRE(
            run_tokenyard("export dgx_h100_x4 deepseek_v3_prefill --to matrix --out s.txt" + option, folder.path()).exit_code ==
            0);
        REQUIRE(run_tokenyard("export dgx_h100_x4 --matrix s.txt --to matrix --out again.txt", folder.path()).exit_code == 0);
        const std::string text = read_file(folder.path("s.txt"));
        CHECK(text == read_file(folder.path("again.txt")));
        std::istringstream lines(text);
        int rows = 0;
        for (std::string line; std::getline(lines, line); ++rows) {
            std::istringstream cells(line);
            int columns = 0;
            for (std::uint64_t bytes = 0; cells >> bytes; ++columns) CHECK(bytes % 16 == 0);
            CHECK(columns == 32);
        }
        CHECK(rows == 32);
    }
}

TEST_CASE("what another simulator cannot say is refused, and nothing is written", "[cli]") {
    const ExportFolder folder;
    const auto refused = [&](const std::string& options, const std::string& message) {
        const ProcessResult result = folder.exported(options);
        CHECK(result.err == "--to " + message + help);
        CHECK(result.out == "");
        CHECK(result.exit_code == 1);
    };
    refused(
        "htsim --algorithm mpi-pairwise",
        "htsim: found transfers that wait for others; expected an algorithm that starts them all by the clock, such as direct or "
        "mpi-linear");
    refused("htsim-topology --set node.nics.bandwidth='50.01 GB/s'",
            "htsim-topology: found NICs of 400.08 Gbit/s; expected whole Gbit/s, in which htsim counts");
    refused("htsim-topology --set fabric.oversubscription=1.5",
            "htsim-topology: found 2 NICs below a leaf and uplinks for 1.33333; expected a divisor of them");
    folder.write("s.txt", "0 0 0 0\n0 0 0 0\n0 0 0 0\n0 0 0 0\n");
    refused("htsim", "htsim: found no transfer between nodes; expected at least one");
    folder.write("s.txt", "0 3000000000 0 0\n0 0 0 0\n0 0 0 0\n0 0 0 0\n");
    refused("htsim", "htsim: found a transfer of 3000000000 B; expected at most 2147483647, which htsim reads");
}

TEST_CASE("export --to chakra writes exact sizes of pairs, and one collective where all are alike", "[cli]") {
    const ExportFolder folder;
    CHECK(folder.exported("chakra --phase both --out t").exit_code == 0);
    const ProcessResult listed = run_tokenyard("import t.0.et t.3.et", folder.path());
    CHECK(listed.out ==
          "# Written by `tokenyard import` from t.0.et, t.3.et: Chakra's execution traces.\n"
          "# t.0.et: version 0.0.4, 5 nodes, of which 4 communicate, in an order that data dependencies allow.\n"
          "# t.3.et: version 0.0.4, 5 nodes, of which 4 communicate, in an order that data dependencies allow.\n"
          "file,order,node,name,kind,bytes,source,destination,group\n"
          "\"t.0.et\",0,0,\"dispatch to 2\",send,160,0,2,\n\"t.0.et\",1,1,\"dispatch from 1\",receive,320,1,0,\n"
          "\"t.0.et\",2,3,\"combine to 1\",send,320,0,1,\n\"t.0.et\",3,4,\"combine from 2\",receive,160,2,0,\n"
          "\"t.3.et\",0,0,\"dispatch from 2\",receive,480,2,3,\n\"t.3.et\",1,1,\"dispatch to 1\",send,640,3,1,\n"
          "\"t.3.et\",2,3,\"combine from 1\",receive,640,1,3,\n\"t.3.et\",3,4,\"combine to 2\",send,480,3,2,\n");
    folder.write("s.txt", "7 100 100 100\n100 7 100 100\n100 100 7 100\n100 100 100 7\n");
    CHECK(folder.exported("chakra --out u").exit_code == 0);
    CHECK(run_tokenyard("import u.2.et", folder.path()).out.find("\"u.2.et\",0,0,\"dispatch all-to-all\",all-to-all,400,,,\n") !=
          std::string::npos);
    CHECK(folder.exported("chakra").err ==
          "--out: found standard output; expected what the names of traces start with, such as trace for trace.0.et, trace.1.et, "
          "..." +
              help);
    CHECK(folder.exported("goal --phase both").err ==
          "--phase: found both; expected dispatch or combine, of which --to goal has one" + help);
}

}  // namespace tokenyard
