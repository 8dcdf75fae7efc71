// SPDX-License-Identifier: Apache-2.0
// How many switches a fabric has, and what a cluster of them costs.
#include "analysis/analyse.hpp"
#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

int switches(Cluster cluster, const Network& network) {
    cluster.network = network;
    return build_fabric(cluster).switch_count;
}

}  // namespace

TEST_CASE("a single switch is one, and rails without a spine are their leaves", "[cluster]") {
    const Cluster cluster = single_switch_cluster(4, 8);
    CHECK(build_fabric(cluster).switch_count == 1);
    CHECK(switches(cluster, {RailOnly{4}, {}}) == 8);
}

TEST_CASE("leaves are joined by as many spines as their uplinks fill", "[cluster]") {
    // 16 nodes x 8 NICs, 4 nodes a leaf: 8 rails x 4 = 32 leaves of 4 NICs
    const Cluster cluster = single_switch_cluster(16, 8);
    // 1:1: 32 x 4 uplinks on switches of 8 ports: 16
    CHECK(switches(cluster, {RailOptimized{8, 4, 1}, {}}) == 32 + 16);
    // 3:1: 4 / 3, so 2 uplinks each: 64 / 8
    CHECK(switches(cluster, {RailOptimized{8, 4, 3}, {}}) == 32 + 8);
    // as many as the cluster says
    CHECK(switches(cluster, {RailOptimized{8, 4, 1, 5}, {}}) == 32 + 5);
    // 8 nodes, 2 a leaf of a fat tree, 16 NICs of 32 ports each: 4 leaves x 16 uplinks / 32
    CHECK(switches(single_switch_cluster(8, 8), {FatTree{2, 32, 16, 1}, {}}) == 4 + 2);
    // all of them on one leaf, which needs no spine
    CHECK(switches(single_switch_cluster(2, 8), {FatTree{2, 32, 16, 1}, {}}) == 1);
}

TEST_CASE("pods are joined by as many core switches as their uplinks fill", "[cluster]") {
    // 8 nodes x 8 NICs, one a leaf of 16 ports; 4 leaves a pod: 2 pods x 32 ports down. 1:1: 32 up, 64 / 16 = 4 switches a pod,
    // 64 / 16 = 4 in the core
    const Cluster cluster = single_switch_cluster(8, 8);
    CHECK(switches(cluster, {FatTree{3, 16, 8, 1, 4, 1}, {}}) == 8 + 2 * 4 + 4);
    // 4:1 above the pods: 8 up, 40 / 16 = 3 switches a pod, 16 / 16 in the core
    CHECK(switches(cluster, {FatTree{3, 16, 8, 1, 4, 4}, {}}) == 8 + 2 * 3 + 1);
    // one pod of all leaves: 64 / 16, no core
    CHECK(switches(cluster, {FatTree{3, 16, 8, 1, 8, 1}, {}}) == 8 + 4);
}

TEST_CASE("price and power are those of nodes that take part, their NICs and all switches", "[analysis]") {
    Cluster cluster = single_switch_cluster(4, 8);
    cluster.network = Network{RailOnly{4}, {}};
    const Fabric fabric = build_fabric(cluster);
    const Hardware bare = hardware_of(cluster, fabric, 3);
    CHECK(bare.gpus == 24);
    CHECK(bare.nics == 24);
    CHECK(bare.switches == 8);
    CHECK(!bare.price);
    CHECK(!bare.power);
    cluster.prices = Prices{{100, "USD"}, {7, "USD"}, Price{3, "USD"}};
    cluster.power = Powers{watts(10000), watts(1000), {}};
    const Hardware hardware = hardware_of(cluster, fabric, 3);
    CHECK(hardware.price->amount == Approx(3 * 100 + 24 * 3 + 8 * 7));
    CHECK(hardware.price->currency == "USD");
    CHECK(in_kilowatts(*hardware.power) == Approx(3 * 10 + 8 * 1));  // NICs are in their nodes
}

}  // namespace tokenyard
