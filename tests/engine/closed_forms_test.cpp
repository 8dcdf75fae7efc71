// SPDX-License-Identifier: Apache-2.0
// Exchanges small enough to do by hand, on both engines. GPUs have 100 GB/s of NVLink and a NIC of 50 GB/s each way
// (tests/support/clusters.hpp), no latency unless a test gives some. 1 MB at 50 GB/s takes 20 us.
#include "cluster/build_fabric.hpp"
#include "collective/plan.hpp"
#include "engine/simulate.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

constexpr double MB = 1e6;

/// Direct exchange on one engine; microseconds.
struct Run {
    Timeline timeline;
    Schedule schedule;

    double makespan() const { return in_microseconds(timeline.makespan); }
    double end(int source, int destination) const {
        for (std::size_t i = 0; i < schedule.steps().size(); ++i)
            if (schedule.steps()[i].source == source && schedule.steps()[i].destination == destination)
                return in_microseconds(timeline.end[i]);
        return -1;
    }
};

Run run_direct(const Cluster& cluster, const VolumeMatrix& volumes, EngineKind engine) {
    const Fabric fabric = build_fabric(cluster);
    const Schedule schedule = plan_direct(volumes, fabric);
    return {simulate(fabric, {schedule}, engine, {}).front(), schedule};
}

Approx exactly(double microseconds_expected) { return Approx(microseconds_expected).epsilon(1e-6); }

EngineKind each_engine() { return GENERATE(EngineKind::simgrid, EngineKind::fluid); }

}  // namespace

TEST_CASE("one transfer takes its bytes over the NIC's bandwidth plus the latency of the way", "[model]") {
    // node0/gpu0 --nic 50 GB/s, 2 us in all--> switch, 0.3 us --> node1/gpu0
    // 7 MB / 50 GB/s = 140 us; 140 + 2 + 0.3 = 142.3 us
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.groups[0].node.nics->latency = microseconds(2);
    cluster.network->hop_latency = microseconds(0.3);
    const Run run = run_direct(cluster, volumes_from({{0, 7 * MB}, {0, 0}}), each_engine());
    CHECK(run.makespan() == exactly(142.3));
    CHECK(in_microseconds(run.timeline.start[2]) == exactly(2.3));  // behind the beginnings of both ranks
}

TEST_CASE("efficiency divides the bandwidth and nothing else", "[model]") {
    // 7 MB / (50 GB/s x 0.8) = 175 us, + 2 us
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.groups[0].node.nics->latency = microseconds(2);
    cluster.efficiency.scale_out = 0.8;
    CHECK(run_direct(cluster, volumes_from({{0, 7 * MB}, {0, 0}}), each_engine()).makespan() == exactly(177));
}

TEST_CASE("two transfers from one NIC share it fairly until the shorter one ends", "[model]") {
    // rank 0 sends 1 MB to rank 1 and 2 MB to rank 2: each at 25 GB/s until 1 MB is done at 40 us;
    // the other has 1 MB left at 50 GB/s: 40 + 20 = 60 us
    const Run run =
        run_direct(single_switch_cluster(3, 1), volumes_from({{0, 1 * MB, 2 * MB}, {0, 0, 0}, {0, 0, 0}}), each_engine());
    CHECK(run.end(0, 1) == exactly(40));
    CHECK(run.end(0, 2) == exactly(60));
}

TEST_CASE("incast of n takes n times as long as one of them", "[model]") {
    // ranks 1..7 send 1 MB each into the NIC of rank 0: 7 MB / 50 GB/s = 140 us, all end together
    VolumeMatrix volumes(8, 8);
    for (int source = 1; source < 8; ++source) volumes.at(source, 0) = bytes(1 * MB);
    const Run run = run_direct(single_switch_cluster(8, 1), volumes, each_engine());
    CHECK(run.makespan() == exactly(140));
    CHECK(run.end(3, 0) == exactly(140));
}

TEST_CASE("both directions of a NIC run at full rate at once", "[model]") {
    // 5 MB each way between two ranks: 100 us, not 200
    CHECK(run_direct(single_switch_cluster(2, 1), volumes_from({{0, 5 * MB}, {5 * MB, 0}}), each_engine()).makespan() ==
          exactly(100));
}

TEST_CASE("NVLink and NIC traffic of one GPU do not disturb each other", "[model]") {
    // 2 nodes x 2 GPUs. rank 0 -> rank 1: 10 MB over NVLink at 100 GB/s = 100 us;
    // rank 0 -> rank 2: 5 MB over its NIC at 50 GB/s = 100 us; both at once
    const Run run = run_direct(single_switch_cluster(2, 2),
                               volumes_from({{0, 10 * MB, 5 * MB, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}), each_engine());
    CHECK(run.end(0, 1) == exactly(100));
    CHECK(run.end(0, 2) == exactly(100));
}

TEST_CASE("2:1 oversubscription halves what crosses the spine", "[model]") {
    // leaf0: ranks 0 and 1, leaf1: ranks 2 and 3; 2 NICs below a leaf = 100 GB/s, its uplinks 100 / 2 = 50 GB/s.
    // Each rank sends 1 MB to each rank of the other leaf: 4 MB through 50 GB/s = 80 us each way.
    // Inside a leaf rank 0 -> rank 1 has 1 MB too: at first the NIC out of rank 0 carries 3 transfers, the two that cross
    // at 50 / 4 = 12.5 GB/s each, so 25 GB/s is left for it: 1 MB / 25 GB/s = 40 us.
    Cluster cluster = single_switch_cluster(4, 1);
    cluster.network = Network{FatTree{2, 3, 2, 2.0, 0, 1}, {}};
    const Run run = run_direct(cluster, uniform_volumes(4, 1 * MB), each_engine());
    CHECK(run.end(0, 1) == exactly(40));
    CHECK(run.makespan() == exactly(80));
}

TEST_CASE("a third level oversubscribes pods", "[model]") {
    // 4 ranks, a leaf each, pods of 2 leaves. Leaf uplinks 50 GB/s; pod uplinks 2 x 50 / 4 = 25 GB/s.
    // rank 0 -> rank 2 and rank 1 -> rank 3, 1 MB each, share 25 GB/s: 2 MB / 25 GB/s = 80 us;
    // they pass leaf, spine, core, spine, leaf: 5 x 0.2 us
    Cluster cluster = single_switch_cluster(4, 1);
    cluster.network = Network{FatTree{3, 2, 1, 1.0, 2, 4.0}, microseconds(0.2)};
    const Run run =
        run_direct(cluster, volumes_from({{0, 0, 1 * MB, 0}, {0, 0, 0, 1 * MB}, {0, 0, 0, 0}, {0, 0, 0, 0}}), each_engine());
    CHECK(run.makespan() == exactly(81));
}

TEST_CASE("transfers with unequal latency share a link fairly", "[model]") {
    // rank 1 and rank 2 send 50 MB each to rank 0; rank 2's NIC adds 10 us, half of its 20 us.
    // From 10 us on both have 25 GB/s. Rank 1 alone before: 10 us x 50 GB/s = 0.5 MB. 49.5 MB at 25 GB/s: ends at
    // 10 + 1980 = 1990 us; rank 2 then has 0.5 MB left at 50 GB/s: 1990 + 10 = 2000 us.
    Cluster cluster = single_switch_cluster(2, 1);
    NodeGroup slow{1, nvswitch_node(1)};
    slow.node.nics->latency = microseconds(20);
    cluster.groups.push_back(slow);
    const Run run = run_direct(cluster, volumes_from({{0, 0, 0}, {50 * MB, 0, 0}, {50 * MB, 0, 0}}), each_engine());
    CHECK(run.end(1, 0) == exactly(1990));
    CHECK(run.end(2, 0) == exactly(2000 + 10 - 10));
}

TEST_CASE("in a cluster of unlike nodes the slowest port decides", "[model]") {
    // node0: 1 GPU with 50 GB/s; node1: 2 GPUs that share one NIC of 25 GB/s.
    // rank 0 sends 1 MB to each of ranks 1 and 2: 2 MB / 25 GB/s = 80 us
    Cluster cluster = single_switch_cluster(1, 1);
    NodeGroup other{1, nvswitch_node(2)};
    other.node.nics = Nics{1, gigabytes_per_second(25), {}, {{0}, {0}}};
    cluster.groups.push_back(other);
    cluster.network = Network{SingleSwitch{}, {}};
    const Run run = run_direct(cluster, volumes_from({{0, 1 * MB, 1 * MB}, {0, 0, 0}, {0, 0, 0}}), each_engine());
    CHECK(run.makespan() == exactly(80));
}

TEST_CASE("a GPU with two NICs stripes over both", "[model]") {
    // 10 MB over 2 x 50 GB/s = 100 us
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.groups[0].node.nics = Nics{2, gigabytes_per_second(50), {}, {{0, 1}}};
    const Run run = run_direct(cluster, volumes_from({{0, 10 * MB}, {0, 0}}), each_engine());
    CHECK(transfer_count(run.schedule) == 2);
    CHECK(run.makespan() == exactly(100));
}

TEST_CASE("a GPU's PCIe link bounds what its NICs can take", "[model]") {
    // 2 x 50 GB/s of NICs behind 80 GB/s of PCIe: 8 MB / 80 GB/s = 100 us, plus 1 us through PCIe at both ends together
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.groups[0].node.nics = Nics{2, gigabytes_per_second(50), {}, {{0, 1}}};
    cluster.groups[0].node.pcie = Pcie{gigabytes_per_second(80), microseconds(1)};
    CHECK(run_direct(cluster, volumes_from({{0, 8 * MB}, {0, 0}}), each_engine()).makespan() == exactly(101));
}

TEST_CASE("rails that nothing joins are changed by NVLink before leaving", "[model]") {
    // 2 nodes x 2 GPUs. rank 0 -> rank 3 (rail 1): NVLink to rank 1, then rank 1's NIC: 50 GB/s, 1 MB = 20 us.
    // rank 1 -> rank 3 shares that NIC: together 2 MB / 50 GB/s = 40 us.
    Cluster cluster = single_switch_cluster(2, 2);
    cluster.network = Network{RailOnly{2}, {}};
    const Run run =
        run_direct(cluster, volumes_from({{0, 0, 0, 1 * MB}, {0, 0, 0, 1 * MB}, {0, 0, 0, 0}, {0, 0, 0, 0}}), each_engine());
    CHECK(run.end(0, 3) == exactly(40));
    CHECK(run.makespan() == exactly(40));
}

TEST_CASE("rails joined by a spine carry other rails' traffic at the uplinks' rate", "[model]") {
    // 2 nodes x 2 GPUs, 2 NICs below each rail's leaf, oversubscription 4: uplinks 2 x 50 / 4 = 25 GB/s.
    // rank 0 -> rank 3 crosses from rail 0 to rail 1: 1 MB / 25 GB/s = 40 us; rank 1 -> rank 3 stays on rail 1: 25 GB/s are
    // left on the NIC into rank 3: 40 us as well.
    Cluster cluster = single_switch_cluster(2, 2);
    cluster.network = Network{RailOptimized{5, 4, 4.0}, {}};
    const Run run =
        run_direct(cluster, volumes_from({{0, 0, 0, 1 * MB}, {0, 0, 0, 1 * MB}, {0, 0, 0, 0}, {0, 0, 0, 0}}), each_engine());
    CHECK(run.end(0, 3) == exactly(40));
    CHECK(run.end(1, 3) == exactly(40));
}

TEST_CASE("a mesh gives each pair its own link", "[model]") {
    // 5 GPUs, 100 GB/s over 4 links = 25 GB/s a pair: 1 MB = 40 us, for every pair at once
    Cluster cluster = single_switch_cluster(1, 5);
    cluster.groups[0].node.scale_up->kind = ScaleUpKind::mesh;
    CHECK(run_direct(cluster, uniform_volumes(5, 1 * MB), each_engine()).makespan() == exactly(40));
}

TEST_CASE("PCIe switches share their uplink", "[model]") {
    // 4 GPUs, 2 below each switch, uplinks of 20 GB/s. Each GPU sends 1 MB to both behind the other switch:
    // 4 MB / 20 GB/s = 200 us
    Cluster cluster = single_switch_cluster(1, 4);
    cluster.groups[0].node.scale_up = ScaleUp{ScaleUpKind::pcie, gigabytes_per_second(100), {}, 4, 2, gigabytes_per_second(20)};
    CHECK(run_direct(cluster, uniform_volumes(4, 1 * MB), each_engine()).makespan() == exactly(200));
}

TEST_CASE("bridged pairs talk to other pairs of their node over PCIe", "[model]") {
    // 4 GPUs in pairs, 100 GB/s inside a pair, PCIe 25 GB/s. Each GPU sends 1 MB to each: 2 MB over PCIe = 80 us
    Cluster cluster = single_switch_cluster(1, 4);
    cluster.groups[0].node.scale_up->domain = 2;
    cluster.groups[0].node.pcie = Pcie{gigabytes_per_second(25), {}};
    const Run run = run_direct(cluster, uniform_volumes(4, 1 * MB), each_engine());
    CHECK(run.end(0, 1) == exactly(10));
    CHECK(run.makespan() == exactly(80));
}

TEST_CASE("a scale-up domain over two nodes keeps their traffic off the NICs", "[model]") {
    // 2 nodes x 2 GPUs in one domain of 4: 3 MB out of each GPU at 100 GB/s = 30 us
    Cluster cluster = single_switch_cluster(2, 2);
    cluster.groups[0].node.scale_up->domain = 4;
    cluster.network.reset();
    CHECK(run_direct(cluster, uniform_volumes(4, 1 * MB), each_engine()).makespan() == exactly(30));
}

TEST_CASE("a drawn network carries each transfer over its named links", "[model]") {
    // a --10 GB/s, 3 us--> b --20 GB/s, 4 us--> c; rank 0 on a, rank 1 on c: 1 MB / 10 GB/s = 100 us,
    // + 7 us of cables + 3 switches x 0.5 us = 108.5 us
    Cluster cluster = single_switch_cluster(2, 1);
    SwitchGraph graph{{"a", "b", "c"}, {{0, 0, 0}, {1, 0, 2}}, {}};
    graph.connections = {{0, 1, gigabytes_per_second(10), microseconds(3)}, {1, 2, gigabytes_per_second(20), microseconds(4)}};
    cluster.network = Network{graph, microseconds(0.5)};
    CHECK(run_direct(cluster, volumes_from({{0, 1 * MB}, {0, 0}}), each_engine()).makespan() == exactly(108.5));
}

TEST_CASE("nothing to send takes no time", "[model]") {
    const Run run = run_direct(single_switch_cluster(2, 1), volumes_from({{5 * MB, 0}, {0, 5 * MB}}), each_engine());
    CHECK(run.makespan() == 0);
    CHECK(transfer_count(run.schedule) == 0);
}

}  // namespace tokenyard
