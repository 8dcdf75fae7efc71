// SPDX-License-Identifier: Apache-2.0
// What decides real clusters, by hand, on both engines: hashing onto uplinks, shared NICs, PCIe switches, faults, other
// jobs. GPUs have 100 GB/s of NVLink and a NIC of 50 GB/s each way (tests/support/clusters.hpp), no latency.
#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"
#include "support/exchanges.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

constexpr double MB = 1e6;

EngineKind each_engine() { return GENERATE(EngineKind::simgrid, EngineKind::fluid); }

Approx exactly(double microseconds_expected) { return Approx(microseconds_expected).epsilon(1e-6); }

/// 1 MB for each of these pairs.
VolumeMatrix one_megabyte_each(int ranks, std::initializer_list<std::pair<int, int>> pairs) {
    VolumeMatrix volumes(ranks, ranks);
    for (const auto& [source, destination] : pairs) volumes.at(source, destination) = bytes(1 * MB);
    return volumes;
}

}  // namespace

TEST_CASE("two flows that a hash puts on one uplink halve each other while its neighbour idles", "[model]") {
    // leaf0: ranks 0..3   --4 x 50 GB/s, spines 0..3-->   leaf1: ranks 4..7
    // 1 MB from rank 0 and 1 MB from rank 1, to different ranks: on two spines 1 MB / 50 GB/s = 20 us,
    // on one 2 MB / 50 GB/s = 40 us; adaptive routing has 200 GB/s for both and takes 20 us.
    Cluster cluster = single_switch_cluster(8, 1);
    FatTree tree{2, 8, 4, 1.0, 0, 1};
    cluster.network = Network{tree, {}};
    tree.spines = 4;
    Cluster hashed = cluster;
    hashed.network = Network{tree, {}};
    const Fabric fabric = build_fabric(hashed);
    const EngineKind engine = each_engine();
    int collisions = 0, others = 0;
    for (int first = 4; first < 8; ++first)
        for (int second = 4; second < 8; ++second) {
            if (first == second) continue;
            const VolumeMatrix volumes = one_megabyte_each(8, {{0, first}, {1, second}});
            const bool collide = fabric.ecmp_picks(0, first, 0, 0)[0].link == fabric.ecmp_picks(1, second, 0, 0)[0].link;
            ++(collide ? collisions : others);
            CHECK(completion_of(hashed, volumes, engine) == exactly(collide ? 40 : 20));
            CHECK(completion_of(cluster, volumes, engine) == exactly(20));
        }
    CHECK(collisions > 0);
    CHECK(others > 0);
}

TEST_CASE("two GPUs behind one NIC share it", "[model]") {
    // node0: GPUs 0 and 1 --NIC 0, 50 GB/s--> switch --> node1: GPUs 2 and 3 behind one NIC
    // 0 -> 2 and 1 -> 3, 1 MB each: 2 MB / 50 GB/s = 40 us; with a NIC each it is 20 us
    Cluster cluster = single_switch_cluster(2, 2);
    const VolumeMatrix volumes = one_megabyte_each(4, {{0, 2}, {1, 3}});
    const EngineKind engine = each_engine();
    CHECK(completion_of(cluster, volumes, engine) == exactly(20));
    cluster.groups[0].node.nics = Nics{1, gigabytes_per_second(50), {}, {{0}, {0}}};
    CHECK(completion_of(cluster, volumes, engine) == exactly(40));
}

TEST_CASE("GPUs whose NIC is on another PCIe switch share the uplink towards it", "[model]") {
    // node0: GPU 0, GPU 1 on PCIe switch 0 --20 GB/s--> root --> switch 1: GPU 2, GPU 3, and the node's one NIC of 50 GB/s
    // GPUs 0 and 1 send 1 MB each to node1, where GPU 2 and GPU 3 sit beside the NIC: 2 MB / 20 GB/s = 100 us.
    // GPUs 2 and 3 do the same without crossing: 2 MB / 50 GB/s = 40 us.
    Cluster cluster = single_switch_cluster(2, 4);
    cluster.groups[0].node.pcie = Pcie{gigabytes_per_second(60), {}, 2, gigabytes_per_second(20)};
    cluster.groups[0].node.nics = Nics{1, gigabytes_per_second(50), {}, {{0}, {0}, {0}, {0}}, {1}};
    const EngineKind engine = each_engine();
    CHECK(completion_of(cluster, one_megabyte_each(8, {{0, 6}, {1, 7}}), engine) == exactly(100));
    CHECK(completion_of(cluster, one_megabyte_each(8, {{2, 6}, {3, 7}}), engine) == exactly(40));
    // and what arrives for GPUs 0 and 1 comes down the same way
    CHECK(completion_of(cluster, one_megabyte_each(8, {{2, 4}, {3, 5}}), engine) == exactly(100));
}

TEST_CASE("bridged pairs below different PCIe switches share the uplink", "[model]") {
    // pairs 0-1 and 2-3, a switch each, 20 GB/s between: 0 -> 2 and 1 -> 3, 1 MB each: 2 MB / 20 GB/s = 100 us
    Cluster cluster = single_switch_cluster(1, 4);
    cluster.groups[0].node.scale_up->domain = 2;
    cluster.groups[0].node.pcie = Pcie{gigabytes_per_second(25), {}, 2, gigabytes_per_second(20)};
    CHECK(completion_of(cluster, one_megabyte_each(4, {{0, 2}, {1, 3}}), each_engine()) == exactly(100));
}

TEST_CASE("two GPUs share a NIC when that of one of them is down", "[model]") {
    // node0: GPU 0 -> NIC 0, GPU 1 -> NIC 1, which is down: both use NIC 0. 0 -> 2 and 1 -> 3, 1 MB each:
    // 2 MB / 50 GB/s = 40 us. Node 1 has both of its NICs.
    Cluster cluster = single_switch_cluster(2, 2);
    cluster.faults = {NicDown{0, 1}};
    CHECK(completion_of(cluster, one_megabyte_each(4, {{0, 2}, {1, 3}}), each_engine()) == exactly(40));
}

TEST_CASE("a slow link takes so much longer", "[model]") {
    // 1 MB / (50 GB/s x 0.25) = 80 us
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.faults = {SlowLink{"node1/nic0/in", 0.25}};
    CHECK(completion_of(cluster, one_megabyte_each(2, {{0, 1}}), each_engine()) == exactly(80));
}

TEST_CASE("one of four NVSwitch planes lost leaves three quarters of NVLink", "[model]") {
    // 3 MB out of each GPU at 100 x 3/4 = 75 GB/s: 40 us instead of 30
    Cluster cluster = single_switch_cluster(1, 4);
    cluster.groups[0].node.scale_up->planes = 4;
    const EngineKind engine = each_engine();
    CHECK(completion_of(cluster, uniform_volumes(4, 1 * MB), engine) == exactly(30));
    cluster.faults = {NvswitchDown{0, 1}};
    CHECK(completion_of(cluster, uniform_volumes(4, 1 * MB), engine) == exactly(40));
}

TEST_CASE("what other jobs carry is not there for the exchange", "[model]") {
    // NIC out of node0: 50 GB/s less 10 of a flow, less 0.3 x 50 of a load: 25 GB/s. 1 MB: 40 us.
    // node1 -> node0 is not touched: 20 us.
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.background = {BackgroundFlow{{0, 0}, {1, 0}, gigabytes_per_second(10)}, BackgroundLoad{"node0/nic0/out", 0.3}};
    const EngineKind engine = each_engine();
    CHECK(completion_of(cluster, one_megabyte_each(2, {{0, 1}}), engine) == exactly(40));
    CHECK(completion_of(cluster, one_megabyte_each(2, {{1, 0}}), engine) == exactly(20));
}

}  // namespace tokenyard
