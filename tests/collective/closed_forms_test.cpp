// SPDX-License-Identifier: Apache-2.0
// Every algorithm on two nodes of two GPUs, by hand, on both engines. NVLink carries 100 GB/s each way, a NIC 50 GB/s
// (1 MB takes 10 us and 20 us), memory 3,000 GB/s (1 MB takes 1/3 us). No latency and no cost unless a test gives some.
//
//     node 0: rank 0 --NVLink-- rank 1          node 1: rank 2 --NVLink-- rank 3
//               |NIC              |NIC                    |NIC              |NIC
//               +-----------------+------- switch --------+-----------------+
#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"
#include "support/runs.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

constexpr double MB = 1e6;

}  // namespace

TEST_CASE("direct shares each NIC fairly among all that it has", "[model][closed-form][direct]") {
    // Each NIC sends to two ranks and receives from two: 25 GB/s a transfer. After 40 us the transfers of 1 MB are over;
    // 0 -> 2 has 4 MB left and both its NICs to itself: 40 + 80 = 120 us. 0 -> 1 has an NVLink for its 2 MB: 20 us.
    const Run direct = run("direct", exchange_of(uneven()), {});
    CHECK(direct.end(0, 2) == exactly(120));
    CHECK(direct.end(0, 1) == exactly(20));
    CHECK(direct.makespan() == exactly(120));
}

TEST_CASE("two-level sends a token once to a node, and forwards it there", "[model][closed-form][two-level]") {
    // Only rank 0 sends: 1,000 tokens to node 1, of which 600 need rank 2 (its gateway there) and 700 rank 3. A token weighs
    // 2000 + 8 + 8 x 2 = 2024 B, aligned 2032 B. One chunk, so nothing overlaps: 1000 x 2032 B / 50 GB/s = 40.64 us; then
    // rank 2 forwards 700 x 2032 B / 100 GB/s = 14.224 us to rank 3 and copies 600 of its own meanwhile.
    const Exchange exchange = thousand_tokens(Direction::dispatch);
    Costs costs;
    costs.two_level.chunk_tokens = 1000;
    const Run once = run("two-level", exchange, costs);
    CHECK(once.end(0, 2) == exactly(40.64));
    CHECK(once.makespan() == exactly(40.64 + 14.224));
    CHECK(in_bytes(delivered(once.schedule, 4).at(0, 2)) == 600 * 2032);
    CHECK(in_bytes(delivered(once.schedule, 4).at(2, 3)) == 700 * 2032);
}

TEST_CASE("two-level forwards chunk by chunk", "[model]") {
    // The same in chunks of 100 tokens, a tenth, on all channels: the last tenth of what rank 3 needs, 70 tokens, is
    // forwarded behind the last arrival: 40.64 + 1.4224 us.
    const Exchange exchange = thousand_tokens(Direction::dispatch);
    Costs costs;
    costs.two_level.sms = 20;
    costs.two_level.chunk_tokens = 10;
    CHECK(run("two-level", exchange, costs).makespan() == exactly(40.64 + 1.4224));
}

TEST_CASE("two-level pays the latency of a way once, however many chunks go over it", "[model]") {
    // With 3 us between nodes and 1 us over NVLink the same takes 4 us more
    const Exchange exchange = thousand_tokens(Direction::dispatch);
    Costs costs;
    costs.two_level.sms = 20;
    costs.two_level.chunk_tokens = 10;
    Cluster cluster = single_switch_cluster(2, 2);
    cluster.groups[0].node.nics->latency = microseconds(3);
    cluster.groups[0].node.scale_up->latency = microseconds(1);
    CHECK(run("two-level", exchange, costs, cluster).makespan() == exactly(40.64 + 1.4224 + 3 + 1));
}

TEST_CASE("two-level sums inside the node on the way back", "[model]") {
    // The same tokens come back in one chunk: 2000 + 8 + 4 x 2 = 2016 B each. Rank 3 sends 700 of them to rank 2 over
    // NVLink, 14.112 us; rank 2 adds its own and sends 1,000 sums to rank 0: 40.32 us.
    const Exchange exchange = thousand_tokens(Direction::combine);
    Costs costs;
    costs.two_level.chunk_tokens = 1000;
    const Run back = run("two-level", exchange, costs);
    CHECK(back.makespan() == exactly(14.112 + 40.32));
    CHECK(in_bytes(delivered(back.schedule, 4).at(2, 0)) == 1000 * 2016);
}

TEST_CASE("two-level copies no faster than its SMs", "[model]") {
    // 2 SMs, so one sends at 10 GB/s: 1000 x 2032 B take 203.2 us instead of 40.64
    const Exchange exchange =
        tokens_by_hand(Direction::dispatch, counts({{0, 0, 1000, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}),
                       counts({{0, 1000}, {0, 0}, {0, 0}, {0, 0}}));
    Costs costs;
    costs.two_level = {.launch = {}, .sms = 2, .sm_rate = gigabytes_per_second(10), .chunk_tokens = 1000, .chunk_overhead = {}};
    const Run slow = run("two-level", exchange, costs);
    CHECK(slow.end(0, 2) == exactly(203.2));
}

TEST_CASE("low-latency sends a message for each token and expert", "[model][closed-form][low-latency]") {
    // 500 copies from rank 0 to rank 1, 1,000 to rank 2, 16 + 2000 B each: 10.08 us over NVLink, 40.32 us over the NIC. With
    // 0.1 us a message the 1,500 messages of rank 0 take 150 us: rates are shared until rank 1 has its 500 at 100 us, then
    // the rest goes alone: 150 us in all, launched after 3 us and seen 2 us after it has arrived.
    const Exchange exchange =
        tokens_by_hand(Direction::dispatch, counts({{0, 500, 1000, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}),
                       counts({{500, 1000}, {0, 0}, {0, 0}, {0, 0}}));
    SECTION("without overheads") {
        const Run quick = run("low-latency", exchange, {});
        CHECK(quick.end(0, 1) == exactly(10.08));
        CHECK(quick.makespan() == exactly(40.32));
    }
    SECTION("with overheads") {
        Costs costs;
        costs.low_latency = {
            .launch = microseconds(3), .message_overhead = microseconds(0.1), .arrival = microseconds(2), .queue_pairs = 1};
        const Run slow = run("low-latency", exchange, costs);
        CHECK(slow.end(0, 1) == exactly(103));
        CHECK(slow.makespan() == exactly(155));
    }
}

TEST_CASE("balanced spreads what one rank has over all NICs of its node", "[model][closed-form][balanced]") {
    // Rank 0 alone sends 8 MB to rank 2. Direct: 160 us over one NIC. Balanced: half of it goes over NVLink to rank 1, whose
    // NIC takes it to rank 3, and over NVLink to rank 2: 4 MB / 50 GB/s = 80 us, as all is one stream.
    const Exchange exchange = exchange_of(volumes_from({{0, 0, 8 * MB, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}));
    CHECK(run("direct", exchange, {}).makespan() == exactly(160));
    const Run balanced = run("balanced", exchange, {});
    CHECK(balanced.makespan() == exactly(80));
    CHECK(in_bytes(delivered(balanced.schedule, 4).at(0, 2)) == 8 * MB);
}

// NCCL on this cluster: 2 channels a message, rounds 0 and 1 (oneself and the neighbour) on channels 0 and 1, rounds 2 and 3
// (the other node) on channels 8 and 9; two works a batch, so 5 warps send and 4 receive. Messages to the other node leave by
// the NIC of the GPU with the destination's index (PXN). 1 MiB takes 20.97 us over a NIC.
constexpr double MiB = 1048576;

TEST_CASE("nccl leaves by the NIC of the destination's index", "[model]") {
    // rank 0's NIC carries 0 -> 2 (5 MiB) and, over NVLink from rank 1, 1 -> 2 (1 MiB); direct would have 6 MiB into rank 2
    // from two NICs. 4 parts share it until 1 -> 2 is through: 2 MiB; all of it: 6 MiB / 50 GB/s = 125.83 us.
    VolumeMatrix volumes = uneven();
    for (int source = 0; source < 4; ++source)
        for (int destination = 0; destination < 4; ++destination)
            volumes.at(source, destination) = volumes.at(source, destination) / MB * MiB;
    Costs costs;
    SECTION("with PXN") {
        const Run nccl = run("nccl", exchange_of(volumes), costs);
        CHECK(nccl.end(1, 2) == exactly(2 * MiB / 50e3));
        CHECK(nccl.makespan() == exactly(6 * MiB / 50e3));
        double relayed = 0;
        for (const Step& step : nccl.schedule.steps())
            if (step.via[0] >= 0) relayed += in_bytes(step.delivered);
        CHECK(relayed == 4 * MiB);  // 0 -> 3, 1 -> 2, 2 -> 1, 3 -> 0
    }
    SECTION("without") {
        costs.nccl.pxn = false;
        const Run nccl = run("nccl", exchange_of(volumes), costs);
        CHECK(nccl.end(0, 2) == exactly(6 * MiB / 50e3));
        for (const Step& step : nccl.schedule.steps()) CHECK(step.via[0] == -1);
    }
}

TEST_CASE("nccl copies no faster than the fewer warps of both ends", "[model][closed-form][nccl]") {
    // 1 GB/s a warp, 4 of them receive: 4 GB/s a part. Rank 0 sends 8 MiB to rank 1 in two parts: 4 MiB / 4 GB/s = 1048.576 us,
    // and before that a chunk of 128 KiB fills at that rate: 32.768 us. (A work of its own would have 19 warps and 9 to receive.)
    VolumeMatrix volumes(4, 4);
    volumes.at(0, 1) = bytes(8 * MiB);
    volumes.at(1, 0) = bytes(8 * MiB);
    volumes.at(0, 0) = bytes(8 * MiB);
    volumes.at(1, 1) = bytes(8 * MiB);
    Costs costs;
    costs.nccl.warp_rate = gigabytes_per_second(1);
    CHECK(run("nccl", exchange_of(volumes), costs).end(0, 1) == exactly(4 * MiB / 4e3 + MiB / 8 / 4e3));
}

TEST_CASE("nccl costs its launch, its peers, latencies and proxies", "[model]") {
    // Rank 0 sends 4 MiB to rank 2: 10 us and a peer 1 us, for both; 14 us of the network; parts over proxies that spend
    // 5 us on each of 32 chunks of 128 KiB.
    VolumeMatrix volumes(4, 4);
    volumes.at(0, 2) = bytes(4 * MiB);
    Costs costs;
    costs.nccl.launch = microseconds(10);
    costs.nccl.per_peer = microseconds(1);
    costs.nccl.network_latency = microseconds(14);
    costs.nccl.chunk_overhead = microseconds(5);
    CHECK(run("nccl", exchange_of(volumes), costs).makespan() == exactly(10 + 1 + 14 + 32 * 5));
}

TEST_CASE("nccl sends flags beside small messages inside a node", "[model]") {
    // LL up to 16 KiB for each of 16 channels a peer. 64 KiB: as many flags, 128 KiB / 100 GB/s = 1.31072 us, after 2 us.
    VolumeMatrix volumes(2, 2);
    volumes.at(0, 1) = bytes(65536);
    Costs costs;
    costs.nccl.ll_latency = microseconds(2);
    costs.nccl.nvlink_latency = microseconds(100);
    CHECK(run("nccl", exchange_of(volumes), costs, single_switch_cluster(1, 2)).makespan() == exactly(2 + 1.31072));
}

TEST_CASE("a batch of nccl begins when all works of the one before have ended", "[model]") {
    // 16 GPUs on one switch and a single channel: rounds 0 to 7 are a rank's first batch, rounds 8 to 15 its second.
    VolumeMatrix volumes(16, 16);
    for (int source = 0; source < 16; ++source)
        for (int destination = 0; destination < 16; ++destination)
            volumes.at(source, destination) = bytes(4096.0 * (1 + (source * 7 + destination * 5) % 13) * 100);
    Costs costs;
    costs.nccl.search_channels = 1;
    const Run nccl = run("nccl", exchange_of(volumes), costs, single_switch_cluster(1, 16));
    std::vector<double> first_ends(16), second_starts(16, 1e9);
    for (StepId id = 0; id < nccl.schedule.steps().size(); ++id) {
        const Step& step = nccl.schedule.steps()[id];
        if (step.kind != StepKind::transfer) continue;
        const bool is_first = (step.destination - step.source + 16) % 16 < 8;  // on one node round t goes t ranks further
        for (const int rank : {step.source, step.destination}) {
            double& first = first_ends[static_cast<std::size_t>(rank)];
            double& second = second_starts[static_cast<std::size_t>(rank)];
            if (is_first) first = std::max(first, in_microseconds(nccl.timeline.end[id]));
            else second = std::min(second, in_microseconds(nccl.timeline.start[id]));
        }
    }
    for (std::size_t rank = 0; rank < 16; ++rank) CHECK(second_starts[rank] >= first_ends[rank] * (1 - 1e-9));
}

TEST_CASE("nccl uses copy engines where sizes are equal and windows are registered", "[model]") {
    // 4 GPUs of one switch, 10 MB a peer: 3 x 10 MB / 100 GB/s = 300 us behind the launch, no warps and no FIFO in the way
    Costs costs;
    costs.nccl.launch = microseconds(7);
    costs.nccl.warp_rate = gigabytes_per_second(0.1);
    VolumeMatrix volumes = uniform_volumes(4, 10 * MB);
    for (int rank = 0; rank < 4; ++rank) volumes.at(rank, rank) = bytes(10 * MB);
    CHECK(run("nccl", exchange_of(volumes), costs, single_switch_cluster(1, 4)).makespan() > 1000);
    costs.nccl.copy_engines = true;
    CHECK(run("nccl", exchange_of(volumes), costs, single_switch_cluster(1, 4)).makespan() == exactly(307));
}

TEST_CASE("dedup sends a token once to each rank that needs it", "[model][closed-form][dedup]") {
    // 1,000 tokens of rank 0 go to rank 2, however many of its experts they are for: 2000 + 4 + 12 x 2 B each, 40.56 us
    const Exchange exchange =
        tokens_by_hand(Direction::dispatch, counts({{0, 0, 1000, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}),
                       counts({{0, 1000}, {0, 0}, {0, 0}, {0, 0}}));
    CHECK(run("dedup", exchange, {}).makespan() == exactly(40.56));
}

TEST_CASE("balanced uses every NIC of the larger of two nodes", "[model]") {
    // Node 0 has 1 GPU, node 1 has 2. 8 MB come back from rank 1: half over its NIC, half over rank 2's, both into rank 0's NIC:
    // 160 us there; 8 MB go out over one NIC and come in over two: 160 us. Each NIC of node 1 carries 4 MB each way.
    Cluster cluster = single_switch_cluster(1, 1);
    cluster.groups.push_back({1, nvswitch_node(2)});
    cluster.network = Network{SingleSwitch{}, {}};
    const Run balanced = run("balanced", exchange_of(volumes_from({{0, 8 * MB, 0}, {8 * MB, 0, 0}, {0, 0, 0}})), {}, cluster);
    CHECK(balanced.makespan() == exactly(160));
    double by_neighbour = 0;
    for (const Step& step : balanced.schedule.steps())
        if (step.via[0] == 2 || step.via[1] == 2) by_neighbour += in_bytes(step.delivered);
    CHECK(by_neighbour == 8 * MB);
}

}  // namespace tokenyard
