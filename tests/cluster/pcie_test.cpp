// SPDX-License-Identifier: Apache-2.0
// PCIe switches of a node: who crosses their uplinks.
#include "cluster/build_fabric.hpp"
#include "input/input.hpp"
#include "support/clusters.hpp"
#include "support/fabrics.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

/// 2 nodes of 4 GPUs, 2 below each PCIe switch; NICs 0 and 1 on switch 0, NICs 2 and 3 on switch 1 unless a test moves them.
Cluster two_switches() {
    Cluster cluster = single_switch_cluster(2, 4);
    cluster.groups[0].node.pcie = Pcie{gigabytes_per_second(60), {}, 2, gigabytes_per_second(40)};
    cluster.groups[0].node.nics->pcie_switch = {0, 0, 1, 1};
    return cluster;
}

}  // namespace

TEST_CASE("a GPU beside its NIC crosses no PCIe uplink", "[cluster]") {
    const Fabric fabric = build_fabric(two_switches());
    CHECK(names_on_route(fabric, 2, 7) == Names{"node0/gpu2/pcie/out", "node0/nic2/out", "node1/nic3/in", "node1/gpu3/pcie/in"});
    CHECK(capacity_of(fabric, "node1/pcie0/up") == Approx(40));
}

TEST_CASE("a GPU reaches a NIC on another PCIe switch over both switches, there and back", "[cluster]") {
    Cluster cluster = two_switches();
    cluster.groups[0].node.nics->pcie_switch = {1, 0, 1, 0};  // NIC 0 is beside GPUs 2 and 3, NIC 3 beside GPUs 0 and 1
    const Fabric fabric = build_fabric(cluster);
    CHECK(names_on_route(fabric, 0, 7) == Names{"node0/gpu0/pcie/out", "node0/pcie0/up", "node0/pcie1/down", "node0/nic0/out",
                                                "node1/nic3/in", "node1/pcie0/up", "node1/pcie1/down", "node1/gpu3/pcie/in"});
}

TEST_CASE("bridged pairs on different PCIe switches cross them", "[cluster]") {
    // pairs 0-1 and 2-3 below a switch each: 0 -> 2 crosses; with one switch for all it does not
    Cluster cluster = two_switches();
    cluster.groups[0].node.scale_up->domain = 2;
    CHECK(names_on_route(build_fabric(cluster), 0, 2) ==
          Names{"node0/gpu0/pcie/out", "node0/pcie0/up", "node0/pcie1/down", "node0/gpu2/pcie/in"});
    cluster.groups[0].node.pcie->switches = 1;
    cluster.groups[0].node.nics->pcie_switch.clear();
    CHECK(names_on_route(build_fabric(cluster), 0, 2) == Names{"node0/gpu0/pcie/out", "node0/gpu2/pcie/in"});
}

TEST_CASE("a PCIe scale-up shares its uplinks with traffic to NICs on other switches", "[cluster]") {
    Cluster cluster = single_switch_cluster(2, 4);
    Node& node = cluster.groups[0].node;
    node.scale_up = ScaleUp{ScaleUpKind::pcie, gigabytes_per_second(30), {}, 4, 2, gigabytes_per_second(20)};
    node.nics = Nics{1, gigabytes_per_second(50), {}, {{0}, {0}, {0}, {0}}, {0}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(names_on_route(fabric, 0, 2) ==
          Names{"node0/gpu0/pcie/out", "node0/pcie0/up", "node0/pcie1/down", "node0/gpu2/pcie/in"});
    CHECK(names_on_route(fabric, 2, 4) == Names{"node0/gpu2/pcie/out", "node0/pcie1/up", "node0/pcie0/down", "node0/nic0/out",
                                                "node1/nic0/in", "node1/gpu0/pcie/in"});
}

TEST_CASE("NICs are spread over the PCIe switches in even blocks unless the file places them", "[input]") {
    const TemporaryFolder folder;
    const auto switches_of_nics = [&](const std::string& nics) {
        const std::string file = folder.write(
            "c.yaml", with_change(small_cluster, {"", "  nics: {count: 4, bandwidth: 400 Gbit/s, latency: 2 us}",
                                                  ("  pcie: {bandwidth: 64 GB/s, latency: 0 s, switches: 2, switch_uplink: 64 "
                                                   "GB/s}\n  nics: {bandwidth: 400 Gbit/s, latency: 2 us, " +
                                                   nics + "}")
                                                      .c_str(),
                                                  ""}));
        return std::get<Cluster>(read_one(file, {})).groups[0].node.nics->pcie_switch;
    };
    CHECK(switches_of_nics("count: 4") == std::vector<int>{0, 0, 1, 1});
    CHECK(switches_of_nics("count: 1") == std::vector<int>{0});
    CHECK(switches_of_nics("count: 3, map: [0, 1, 2, 2]") == std::vector<int>{0, 0, 1});
    CHECK(switches_of_nics("count: 8") == std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1});
    CHECK(switches_of_nics("count: 2, pcie_switch: [1, 0]") == std::vector<int>{1, 0});
}

}  // namespace tokenyard
