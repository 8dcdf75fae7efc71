// SPDX-License-Identifier: Apache-2.0
// Systems of aiconfigurator and ASTRA-sim.
#include "import/import.hpp"
#include "input/input.hpp"
#include "input/source.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace tokenyard {
namespace {

Cluster imported(const std::string& text, const std::vector<Override>& given = {}) {
    const TemporaryFolder folder;
    return read_cluster_text(source_of("out.yaml", import_files({folder.write("in", text)}, {{}, {}, given}).yaml));
}

std::string refusal(const std::string& text, const std::vector<Override>& given = {}) {
    const TemporaryFolder folder;
    folder.write("in", text);
    return refusal_of([&] { import_files({folder.path("in")}, {{}, {}, given}); }, folder);
}

const std::string of_h100 =
    "data_dir: data/h100_sxm\ngpu:\n  mem_bw: 3350000000000\nnode:\n  num_gpus_per_node: 8\n  inter_node_bw: 50000000000\n"
    "  intra_node_bw: 450000000000\n  pcie_bw: 64000000000\n";
const std::string of_gb200 =
    "data_dir: data/gb200\nnode:\n  num_gpus_per_node: 4\n  num_gpus_per_rack: 72\n  inter_rack_bw: 100000000000\n"
    "  inter_node_bw: 900000000000\n  intra_node_bw: 900000000000\n";
const std::string of_switches =
    "topology: [ Switch, Switch ]\nnpus_count: [ 8, 2 ]\nbandwidth: [ 400, 50.0 ]  # GB/s\nlatency: [ 936.25, 1000 ]  # ns\n";
const std::vector<Override> is_h100{{"node.gpu.chip", "h100_sxm"}};

std::string with(std::string text, const std::string& from, const std::string& to) {
    REQUIRE(text.find(from) != std::string::npos);
    return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("import of aiconfigurator's system takes rates of a GPU from it, and the rest from its chip", "[import]") {
    const Cluster cluster = imported(of_h100);
    const Node& node = cluster.groups.front().node;
    CHECK(node.gpus == 8);
    CHECK(node.gpu.chip->name == "h100_sxm");
    CHECK(node.scale_up->kind == ScaleUpKind::nvswitch);
    CHECK(in_gigabytes_per_second(node.scale_up->bandwidth_per_gpu) == Approx(450));
    CHECK(node.nics->of_gpu.size() == 8);
    CHECK(in_gigabytes_per_second(node.nics->bandwidth) == Approx(50));
    CHECK(cluster.groups.front().node.nics->of_gpu[3] == std::vector<int>{3});
}

TEST_CASE("import of aiconfigurator's system makes a rack one NVLink domain", "[import]") {
    const Cluster cluster = imported(of_gb200);
    const Node& node = cluster.groups.front().node;
    CHECK(cluster.groups.front().count == 18);  // 72 / 4
    CHECK(node.gpus == 4);
    CHECK(node.scale_up->domain == 72);
    CHECK(in_gigabytes_per_second(node.scale_up->bandwidth_per_gpu) == Approx(900));
    CHECK(in_gigabytes_per_second(node.nics->bandwidth) == Approx(100));
}

TEST_CASE("import of ASTRA-sim's network takes two dimensions for a node and its network", "[import]") {
    const Cluster cluster = imported(of_switches, is_h100);
    const Node& node = cluster.groups.front().node;
    CHECK(cluster.groups.front().count == 2);
    CHECK(node.gpus == 8);
    CHECK(node.scale_up->kind == ScaleUpKind::nvswitch);
    CHECK(in_gigabytes_per_second(node.scale_up->bandwidth_per_gpu) == Approx(400));
    CHECK(in_microseconds(node.scale_up->latency) == Approx(2 * 0.93625));
    CHECK(in_gigabytes_per_second(node.nics->bandwidth) == Approx(50));
    const Cluster one = imported("topology: [FullyConnected]\nnpus_count: [4]\nbandwidth: [100]\nlatency: [500]\n", is_h100);
    CHECK(one.groups.front().node.scale_up->kind == ScaleUpKind::mesh);
    CHECK(in_microseconds(one.groups.front().node.scale_up->latency) == Approx(0.5));
    CHECK_FALSE(one.groups.front().node.nics);
}

TEST_CASE("import asks for what systems of simulators do not tell, and refuses what is wrong", "[import]") {
    CHECK(
        refusal(with(of_switches, "Switch ]", "Ring ]"), is_h100) ==
        "in:1:1: error: found no kind of network that is known: --set fabric.kind=single-switch; expected what the file does not "
        "tell as options");
    CHECK(refusal(with(of_switches, "[ Switch,", "[ Ring,"), is_h100) ==
          "in:1:13: error: found 'Ring'; expected Switch or FullyConnected, because a cluster file has no ring of GPUs");
    CHECK(refusal(with(of_switches, "[ 8, 2 ]", "[ 8 ]"), is_h100) ==
          "in:2:13: error: found 1 values; expected one for each of the 2 dimensions of the topology");
    CHECK(refusal("topology: [Switch, Switch, Switch]\nnpus_count: [2, 2, 2]\nbandwidth: [1, 1, 1]\nlatency: [1, 1, 1]\n") ==
          "in:1:28: error: found 3 dimensions; expected a node, and a network of nodes");
    CHECK(refusal(with(of_gb200, "72", "70")) == "in:4:22: error: found '70'; expected a multiple of the 4 GPUs of a node");
    CHECK(refusal(with(of_gb200, "inter_node_bw: 900", "inter_node_bw: 800")) ==
          "in:6:18: error: found '800000000000'; expected the same rate as intra_node_bw, because NVLink joins the nodes of a "
          "rack");
    CHECK(refusal(with(of_h100, "  num_gpus_per_node: 8\n", "")) == "in:5:3: error: found no 'num_gpus_per_node'; expected it");
}

TEST_CASE("import reads or refuses nonsense in systems of simulators, and does nothing else", "[import]") {
    std::mt19937 random(20261129);
    int refused = 0;
    for (int one = 0; one < 60; ++one) {
        std::string text = one % 3 == 0 ? of_h100 : one % 3 == 1 ? of_gb200 : of_switches;
        for (int change = 0; change < 3; ++change) text[random() % text.size()] = static_cast<char>(32 + random() % 95);
        const std::string said = refusal(text, is_h100);
        if (said != accepted) ++refused;
        INFO(text << said);
        REQUIRE((said == accepted || said.find(": error: ") != std::string::npos));
    }
    CHECK(refused > 10);
}

}  // namespace tokenyard
