// SPDX-License-Identifier: Apache-2.0
// Links, their names and capacities, and the routes over them.
#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"
#include "support/fabrics.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace tokenyard {
TEST_CASE("inside a node a route is out of one GPU and into the other", "[cluster]") {
    const Fabric fabric = build_fabric(single_switch_cluster(2, 4));
    CHECK(names_on_route(fabric, 5, 7) == Names{"node1/gpu1/nvlink/out", "node1/gpu3/nvlink/in"});
    CHECK(names_on_route(fabric, 0, 5) == Names{"node0/nic0/out", "node1/nic1/in"});
    CHECK(fabric.tier(5, 7) == Tier::scale_up);
    CHECK(fabric.tier(0, 5) == Tier::scale_out);
    CHECK(fabric.tier(3, 3) == Tier::local);
}

TEST_CASE("a GPU's memory stands after its other links, and is on no route", "[cluster]") {
    // 2 GPUs on an NVSwitch: out, in and memory each
    Cluster cluster = single_switch_cluster(1, 2);
    cluster.groups[0].node.gpu.sms = 132;
    const Fabric fabric = build_fabric(cluster);
    Names names;
    for (const Link& link : fabric.links) names.push_back(link.name);
    CHECK(names == Names{"node0/gpu0/nvlink/out", "node0/gpu0/nvlink/in", "node0/gpu0/memory", "node0/gpu1/nvlink/out",
                         "node0/gpu1/nvlink/in", "node0/gpu1/memory"});
    const Link& memory = fabric.links[fabric.gpus[1].memory];
    CHECK(memory.name == "node0/gpu1/memory");
    CHECK(name_of(memory.kind) == "memory");
    CHECK(in_gigabytes_per_second(memory.capacity) == Approx(3000));
    CHECK(names_on_route(fabric, 0, 1) == Names{"node0/gpu0/nvlink/out", "node0/gpu1/nvlink/in"});
    CHECK(fabric.gpu_model(1).sms == 132);
}

TEST_CASE("a rail-optimized fabric has a leaf for each rail and unit of nodes", "[cluster]") {
    // 5 nodes x 2 GPUs, 4 ports below a leaf: nodes 0..3 on unit 0, node 4 on unit 1
    Cluster cluster = single_switch_cluster(5, 2);
    cluster.network = Network{RailOptimized{8, 4, 1.0}, microseconds(1)};
    const Fabric fabric = build_fabric(cluster);
    CHECK(names_on_route(fabric, 0, 2) == Names{"node0/nic0/out", "node1/nic0/in"});
    CHECK(names_on_route(fabric, 0, 3) == Names{"node0/nic0/out", "rail0/leaf0/up", "rail1/leaf0/down", "node1/nic1/in"});
    CHECK(names_on_route(fabric, 0, 8) == Names{"node0/nic0/out", "rail0/leaf0/up", "rail0/leaf1/down", "node4/nic0/in"});
    // 4 NICs of 50 GB/s below one leaf, 1 below the other
    CHECK(in_gigabytes_per_second(link_named(fabric, "rail0/leaf0/up").capacity) == Approx(200));
    CHECK(in_gigabytes_per_second(link_named(fabric, "rail0/leaf1/up").capacity) == Approx(50));
    // one switch, or leaf, spine, leaf
    std::vector<LinkId> unused;
    CHECK(in_microseconds(fabric.append_route(0, 2, 0, 0, unused)) == Approx(1));
    CHECK(in_microseconds(fabric.append_route(0, 3, 0, 0, unused)) == Approx(3));
}

TEST_CASE("a fat tree keeps the NICs of a node on one leaf", "[cluster]") {
    // 3 nodes x 3 NICs, 4 ports below a leaf: one node a leaf
    Cluster cluster = single_switch_cluster(3, 3);
    cluster.network = Network{FatTree{2, 8, 4, 1.5, 0, 1}, {}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(names_on_route(fabric, 0, 8) == Names{"node0/nic0/out", "leaf0/up", "leaf2/down", "node2/nic2/in"});
    CHECK(in_gigabytes_per_second(link_named(fabric, "leaf0/up").capacity) == Approx(100));
}

TEST_CASE("separate rails are changed before leaving, or after arriving where the sender has no such rail", "[cluster]") {
    // node0 has GPUs on rails 0 and 1, node1 one GPU on rail 0 only
    Cluster cluster = single_switch_cluster(1, 2);
    cluster.groups.push_back({1, nvswitch_node(1)});
    cluster.network = Network{RailOnly{4}, {}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(names_on_route(fabric, 1, 2) ==
          Names{"node0/gpu1/nvlink/out", "node0/gpu0/nvlink/in", "node0/nic0/out", "node1/nic0/in"});
    CHECK(names_on_route(fabric, 2, 1) ==
          Names{"node1/nic0/out", "node0/nic0/in", "node0/gpu0/nvlink/out", "node0/gpu1/nvlink/in"});
}

TEST_CASE("a GPU with NICs on several rails does not change rails through itself", "[cluster]") {
    // node0: 1 GPU on rails 0, 1, 2; node1: 1 GPU on rail 0. Every lane meets on rail 0, and there is no NVLink to cross.
    Cluster cluster = single_switch_cluster(1, 1);
    cluster.groups[0].node.nics = Nics{3, gigabytes_per_second(50), {}, {{0, 1, 2}}};
    cluster.groups.push_back({1, nvswitch_node(1)});
    cluster.network = Network{RailOnly{4}, {}};
    const Fabric fabric = build_fabric(cluster);
    for (int lane = 0; lane < fabric.lane_count(0, 1); ++lane) {
        CHECK(names_on_route(fabric, 0, 1, lane) == Names{"node0/nic0/out", "node1/nic0/in"});
        CHECK(names_on_route(fabric, 1, 0, lane) == Names{"node1/nic0/out", "node0/nic0/in"});
    }
}

TEST_CASE("GPUs with unlike counts of NICs load each NIC alike", "[cluster]") {
    // 3 NICs to 2 NICs: 6 lanes, 2 on each of the three and 3 on each of the two
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.groups[0] = {1, nvswitch_node(1)};
    cluster.groups.push_back({1, nvswitch_node(1)});
    cluster.groups[0].node.nics = Nics{3, gigabytes_per_second(50), {}, {{0, 1, 2}}};
    cluster.groups[1].node.nics = Nics{2, gigabytes_per_second(50), {}, {{0, 1}}};
    const Fabric fabric = build_fabric(cluster);
    std::map<std::string, int> lanes_on;
    for (int lane = 0; lane < fabric.lane_count(0, 1); ++lane)
        for (const std::string& link : names_on_route(fabric, 0, 1, lane)) ++lanes_on[link];
    CHECK(lanes_on["node0/nic2/out"] == 2);
    CHECK(lanes_on["node1/nic1/in"] == 3);
}

TEST_CASE("a pair has as many lanes as its GPUs have NICs", "[cluster]") {
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.groups[0].node.nics = Nics{2, gigabytes_per_second(50), {}, {{0, 1}}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(fabric.lane_count(0, 1) == 2);
    CHECK(names_on_route(fabric, 0, 1, 1) == Names{"node0/nic1/out", "node1/nic1/in"});
}

TEST_CASE("equal paths of a drawn network are spread over pairs of NICs", "[cluster]") {
    // 2 leaves, 4 spines, 8 single-GPU nodes: 16 pairs between the leaves
    Cluster cluster = single_switch_cluster(8, 1);
    SwitchGraph graph{{"l0", "l1", "s0", "s1", "s2", "s3"}, {}, {}};
    for (int node = 0; node < 8; ++node) graph.attachments.push_back({node, 0, node / 4});
    for (int spine = 0; spine < 4; ++spine)
        for (int leaf = 0; leaf < 2; ++leaf) graph.connections.push_back({leaf, 2 + spine, gigabytes_per_second(50), {}});
    cluster.network = Network{graph, {}};
    const Fabric fabric = build_fabric(cluster);
    std::vector<int> used(fabric.links.size());
    for (int source = 0; source < 4; ++source)
        for (int destination = 4; destination < 8; ++destination) {
            std::vector<LinkId> route;
            fabric.append_route(source, destination, 0, 0, route);
            REQUIRE(route.size() == 4);
            ++used[route[1]];
        }
    for (const char* uplink : {"l0/s0", "l0/s1", "l0/s2", "l0/s3"})
        CHECK(used[static_cast<std::size_t>(&link_named(fabric, uplink) - fabric.links.data())] > 0);
}

}  // namespace tokenyard
