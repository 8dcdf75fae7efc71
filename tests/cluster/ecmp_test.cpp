// SPDX-License-Identifier: Apache-2.0
// Static ECMP: which uplink a flow takes, and what it chose from.
#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"
#include "support/fabrics.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

namespace tokenyard {
namespace {

/// 4 nodes of one GPU, 2 below a leaf: 100 GB/s upwards over 4 spines.
Cluster two_leaves() {
    Cluster cluster = single_switch_cluster(4, 1);
    FatTree tree{2, 4, 2, 1.0, 0, 1};
    tree.spines = 4;
    cluster.network = Network{tree, microseconds(1)};
    return cluster;
}

/// "leaf0/spine2/up" -> "spine2"
std::string spine_in(const std::string& name) {
    const std::size_t at = name.find("spine");
    return name.substr(at, name.find('/', at) - at);
}

}  // namespace

TEST_CASE("with static ECMP a leaf has an even part of its capacity to each spine", "[cluster]") {
    const Fabric fabric = build_fabric(two_leaves());
    for (const char* uplink : {"leaf0/spine0/up", "leaf0/spine3/down", "leaf1/spine3/up"})
        CHECK(capacity_of(fabric, uplink) == Approx(25));
    const Names route = names_on_route(fabric, 0, 2);
    REQUIRE(route.size() == 4);
    const std::string spine = spine_in(route[1]);
    CHECK(route == Names{"node0/nic0/out", "leaf0/" + spine + "/up", "leaf1/" + spine + "/down", "node2/nic0/in"});
    std::vector<LinkId> unused;
    CHECK(in_microseconds(fabric.append_route(0, 2, 0, 0, unused)) == Approx(3));  // leaf, spine, leaf
}

TEST_CASE("flow labels spread a pair over all spines, and the same label takes the same way", "[cluster]") {
    const Fabric fabric = build_fabric(two_leaves());
    std::map<std::string, int> flows_on;
    for (std::uint32_t flow = 0; flow < 400; ++flow) {
        const Names route = names_on_route(fabric, 1, 3, 0, flow);
        ++flows_on[route[1]];
        CHECK(names_on_route(fabric, 1, 3, 0, flow) == route);
    }
    REQUIRE(flows_on.size() == 4);
    for (const auto& [uplink, flows] : flows_on) {
        INFO(uplink);
        CHECK(std::abs(flows - 100) < 40);  // more than 4 standard deviations of a fair draw
    }
}

TEST_CASE("a plane of spines is kept from pod to pod", "[cluster]") {
    // 4 leaves of one node, 2 leaves a pod, 2 planes. Leaf 50 GB/s upwards, 25 a spine; pod (50 + 50) / 2 = 50, 25 a plane.
    Cluster cluster = single_switch_cluster(4, 1);
    FatTree tree{3, 2, 1, 1.0, 2, 2.0};
    tree.spines = 2;
    cluster.network = Network{tree, {}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(capacity_of(fabric, "pod0/leaf1/spine1/up") == Approx(25));
    CHECK(capacity_of(fabric, "pod1/spine0/down") == Approx(25));
    std::set<std::string> spines;
    for (std::uint32_t flow = 0; flow < 32; ++flow) {
        const Names route = names_on_route(fabric, 0, 3, 0, flow);
        const std::string spine = spine_in(route[1]);
        spines.insert(spine);
        CHECK(route == Names{"node0/nic0/out", "pod0/leaf0/" + spine + "/up", "pod0/" + spine + "/up", "pod1/" + spine + "/down",
                             "pod1/leaf3/" + spine + "/down", "node3/nic0/in"});
    }
    CHECK(spines.size() == 2);
}

TEST_CASE("rails have their own uplinks to each spine", "[cluster]") {
    Cluster cluster = single_switch_cluster(2, 2);
    RailOptimized rails{4, 2, 1.0};
    rails.spines = 2;
    cluster.network = Network{rails, {}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(capacity_of(fabric, "rail1/leaf0/spine1/down") == Approx(50));
    CHECK(names_on_route(fabric, 0, 2) == Names{"node0/nic0/out", "node1/nic0/in"});  // one leaf, nothing to choose
    CHECK(fabric.ecmp_picks(0, 2, 0, 0).empty());
    CHECK(fabric.ecmp_picks(0, 3, 0, 0).size() == 2);
}

TEST_CASE("ecmp_picks names the equal links that a flow's link was picked from", "[cluster]") {
    const Fabric fabric = build_fabric(two_leaves());
    const std::vector<EcmpPick> picks = fabric.ecmp_picks(0, 2, 0, 7);
    REQUIRE(picks.size() == 2);
    const EcmpGroup &up = fabric.ecmp_groups[picks[0].group], &down = fabric.ecmp_groups[picks[1].group];
    CHECK(up.name == "leaf0/up");
    CHECK(down.name == "leaf1/down");
    CHECK(up.links.size() == 4);
    const Names route = names_on_route(fabric, 0, 2, 0, 7);
    CHECK(fabric.links[picks[0].link].name == route[1]);
    CHECK(fabric.links[picks[1].link].name == route[2]);
}

TEST_CASE("another seed of the hash picks other ways for the same flows", "[cluster]") {
    const auto picks_with = [](int seed) {
        Cluster cluster = two_leaves();
        cluster.network->hash_seed = seed;
        const Fabric fabric = build_fabric(cluster);
        std::vector<LinkId> picked;
        for (std::uint32_t flow = 0; flow < 64; ++flow) picked.push_back(fabric.ecmp_picks(0, 2, 0, flow)[0].link);
        return picked;
    };
    const std::vector<LinkId> before = picks_with(0), after = picks_with(1);
    CHECK(picks_with(1) == after);
    int same = 0;
    for (std::size_t flow = 0; flow < before.size(); ++flow) same += before[flow] == after[flow];
    CHECK(same > 4);  // of 64 flows over 4 uplinks 16 are where they were, give or take
    CHECK(same < 32);
}

TEST_CASE("adaptive routing has nothing to pick from", "[cluster]") {
    Cluster cluster = two_leaves();
    std::get<FatTree>(cluster.network->kind).spines = 0;
    const Fabric fabric = build_fabric(cluster);
    CHECK(fabric.ecmp_groups.empty());
    CHECK(fabric.ecmp_picks(0, 2, 0, 7).empty());
}

TEST_CASE("a drawn network's picks are among the links that lead equally near", "[cluster]") {
    // a and d joined through b and c; a has both ways, b and c only one
    Cluster cluster = single_switch_cluster(2, 1);
    SwitchGraph graph{{"a", "b", "c", "d"}, {{0, 0, 0}, {1, 0, 3}}, {}};
    for (const auto& [from, to] : {std::pair{0, 1}, {0, 2}, {1, 3}, {2, 3}})
        graph.connections.push_back({from, to, gigabytes_per_second(50), {}});
    cluster.network = Network{graph, {}};
    const Fabric fabric = build_fabric(cluster);
    std::set<LinkId> picked;
    for (std::uint32_t flow = 0; flow < 32; ++flow) {
        const std::vector<EcmpPick> picks = fabric.ecmp_picks(0, 1, 0, flow);
        REQUIRE(picks.size() == 1);
        CHECK(fabric.ecmp_groups[picks[0].group].name == "a/(b|c)");
        CHECK(fabric.links[picks[0].link].name == names_on_route(fabric, 0, 1, 0, flow)[1]);
        picked.insert(picks[0].link);
    }
    CHECK(picked.size() == 2);
}

}  // namespace tokenyard
