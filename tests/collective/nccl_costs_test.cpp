// SPDX-License-Identifier: Apache-2.0
// What nccl's warps, CTAs and proxies cost, by hand, on both engines. NVLink carries 100 GB/s each way, a NIC 50 GB/s, memory
// 3,000 GB/s; no latency, and no cost but those of the test.
//
// On one node of two GPUs a message has 8 channels (4 NVLinks of 25 GB/s, two channels each) of the 32 that 24 found ones make,
// and a chunk of 512 KiB. A CTA with one work that only sends or only receives gives it 10 + 9 warps. Nodes of one GPU each with
// one channel search: a message has one channel and, from 1 MiB on, chunks of 128 KiB.
#include "support/clusters.hpp"
#include "support/plans.hpp"
#include "support/runs.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

constexpr double KiB = 1024, MiB = 1024 * KiB;

/// Rank 0 sends so much to rank 1 and nobody else anything.
Exchange one_message(double size) {
    VolumeMatrix volumes(2, 2);
    volumes.at(0, 1) = bytes(size);
    return exchange_of(volumes);
}

Costs with(NcclCosts nccl) {
    Costs costs;
    costs.nccl = nccl;
    return costs;
}

/// As many channels as NCCL finds on 8 H100.
NcclCosts nccl_of_24_channels() {
    NcclCosts nccl;
    nccl.search_channels = 24;
    return nccl;
}

/// One channel, and a proxy that spends 5 us on a chunk.
Costs with_proxies() {
    NcclCosts nccl;
    nccl.search_channels = 1;
    nccl.chunk_overhead = microseconds(5);
    return with(nccl);
}

/// GPUs that are joined so, with 100 GB/s each.
Cluster one_node(int gpus, ScaleUpKind kind) {
    Cluster cluster = single_switch_cluster(1, gpus);
    cluster.groups[0].node.scale_up->kind = kind;
    return cluster;
}

}  // namespace

TEST_CASE("a connection of nccl copies no faster than its rate, nor than its warps", "[model]") {
    // 16 MiB in 8 parts of 2 MiB, each a connection, on an NVLink that could take them in 167.8 us. Each is behind its last
    // chunk, 512 KiB, which is copied out at the same rate: 2.5 MiB in all.
    NcclCosts nccl = nccl_of_24_channels();
    nccl.connection_rate = gigabytes_per_second(1);
    SECTION("the connection holds it: 19 warps could do 1.9 GB/s") {
        nccl.warp_rate = gigabytes_per_second(0.1);
        CHECK(run("nccl", one_message(16 * MiB), with(nccl), single_switch_cluster(1, 2)).makespan() == exactly(2.5 * MiB / 1e3));
    }
    SECTION("the warps hold it: 19 of them do 0.95 GB/s") {
        nccl.warp_rate = gigabytes_per_second(0.05);
        CHECK(run("nccl", one_message(16 * MiB), with(nccl), single_switch_cluster(1, 2)).makespan() ==
              exactly(2.5 * MiB / 0.95e3));
    }
}

TEST_CASE("nccl's receivers copy the last chunk out at a rate of their own", "[model]") {
    // 32 MiB / 100 GB/s, and 512 KiB by 19 warps of 0.1 GB/s
    NcclCosts nccl = nccl_of_24_channels();
    nccl.receive_warp_rate = gigabytes_per_second(0.1);
    CHECK(run("nccl", one_message(32 * MiB), with(nccl), single_switch_cluster(1, 2)).makespan() ==
          exactly(32 * MiB / 100e3 + 512 * KiB / 1.9e3));
}

TEST_CASE("a warp of nccl copies payload by LL at a rate of its own", "[model]") {
    // 64 KiB go by LL, in 8 parts of 8 KiB, by 19 warps of 0.01 GB/s each: flags take no time of theirs
    NcclCosts nccl = nccl_of_24_channels();
    nccl.warp_rate = gigabytes_per_second(1);
    nccl.ll_warp_rate = gigabytes_per_second(0.01);
    CHECK(run("nccl", one_message(64 * KiB), with(nccl), single_switch_cluster(1, 2)).makespan() == exactly(8 * KiB / 0.19e3));
    nccl.ll_connection_rate = gigabytes_per_second(0.1);
    CHECK(run("nccl", one_message(64 * KiB), with(nccl), single_switch_cluster(1, 2)).makespan() == exactly(8 * KiB / 0.1e3));
}

TEST_CASE("nccl spends time on each peer, oneself among them", "[model]") {
    // Rank 0 has bytes for itself and for ranks 1 and 2, which have one peer each: 3 us at rank 0, and 3 MiB, of which
    // 1 MiB stays: 2 MiB / 100 GB/s.
    VolumeMatrix volumes(3, 3);
    for (int destination = 0; destination < 3; ++destination) volumes.at(0, destination) = bytes(MiB);
    NcclCosts nccl = nccl_of_24_channels();
    nccl.per_peer = microseconds(1);
    CHECK(run("nccl", exchange_of(volumes), with(nccl), single_switch_cluster(1, 3)).makespan() == exactly(3 + 2 * MiB / 100e3));
}

TEST_CASE("nccl takes LL up to 16 KiB a channel that a pair has or, from 2.29 on, that the message uses", "[model]") {
    NcclCosts nccl = nccl_of_24_channels();
    nccl.ll_latency = microseconds(2);
    nccl.nvlink_latency = microseconds(5);
    const auto makespan = [&](double size) {
        return run("nccl", one_message(size), with(nccl), single_switch_cluster(1, 2)).makespan();
    };
    SECTION("2.28: 16 channels are 256 KiB, and LL sends as many flags") {
        CHECK(makespan(128 * KiB) == exactly(2 + 256 * KiB / 100e3));
    }
    SECTION("2.28: above") { CHECK(makespan(257 * KiB) == exactly(5 + 257 * KiB / 100e3)); }
    nccl.version = nccl_2_29;
    SECTION("2.29: 128 KiB use 2 channels, 64 KiB each, which are 32 KiB") {
        CHECK(makespan(128 * KiB) == exactly(5 + 128 * KiB / 100e3));
    }
    SECTION("2.29: one channel is 16 KiB") { CHECK(makespan(16 * KiB) == exactly(2 + 32 * KiB / 100e3)); }
}

TEST_CASE("a proxy of nccl handles the chunks of all its peers, one after another", "[model]") {
    // 4 MiB to each of two other nodes, 32 chunks each, 5 us a chunk: 320 us
    VolumeMatrix volumes(3, 3);
    volumes.at(0, 1) = volumes.at(0, 2) = bytes(4 * MiB);
    CHECK(run("nccl", exchange_of(volumes), with_proxies(), single_switch_cluster(3, 1)).makespan() == exactly(64 * 5));
}

TEST_CASE("a proxy of nccl handles what is sent and what is received", "[model]") {
    // 32 chunks each way. Each of both proxies handles 64.
    const Exchange both_ways = exchange_of(uniform_volumes(2, 4 * MiB));
    CHECK(run("nccl", both_ways, with_proxies(), single_switch_cluster(2, 1)).makespan() == exactly(64 * 5));
}

TEST_CASE("a chunk that is not full takes nccl's proxy as long as a full one", "[model]") {
    // 16 KiB go in chunks of 32 KiB: half a chunk's 5 us flows, and half of it goes by for what is not there.
    SECTION("one message") {
        CHECK(run("nccl", one_message(16 * KiB), with_proxies(), single_switch_cluster(2, 1)).makespan() == exactly(2.5 + 2.5));
    }
    SECTION("two of a batch: the last one waits for both, and both flow through one proxy") {
        VolumeMatrix volumes(3, 3);
        volumes.at(0, 1) = volumes.at(0, 2) = bytes(16 * KiB);
        CHECK(run("nccl", exchange_of(volumes), with_proxies(), single_switch_cluster(3, 1)).makespan() == exactly(5 + 5));
    }
}

TEST_CASE("CTAs of nccl with one work each fill an NVLink less well where peers share it", "[model]") {
    // 8 MiB a pair, a CTA for each part: 8 channels for a peer of three, the parts of both other ranks on CTAs of their own
    NcclCosts nccl = nccl_of_24_channels();
    nccl.lone_work_efficiency = 0.8;
    const auto makespan = [&](int gpus) {
        return run("nccl", exchange_of(uniform_volumes(gpus, 8 * MiB)), with(nccl), single_switch_cluster(1, gpus)).makespan();
    };
    SECTION("two peers share each port") { CHECK(makespan(3) == exactly(2 * 8 * MiB / 100e3 / 0.8)); }
    SECTION("one peer has it alone") { CHECK(makespan(2) == exactly(8 * MiB / 100e3)); }
    SECTION("a single channel has the works of both peers in one batch") {
        nccl.search_channels = 1;
        CHECK(makespan(3) == exactly(2 * 8 * MiB / 100e3));
    }
}

TEST_CASE("CTAs of nccl with one work each fill PCIe as others do", "[model]") {
    // The same on PCIe: a GPU's link takes the bytes for its three peers
    NcclCosts nccl = nccl_of_24_channels();
    nccl.lone_work_efficiency = 0.8;
    CHECK(run("nccl", exchange_of(uniform_volumes(4, 8 * MiB)), with(nccl), one_node(4, ScaleUpKind::pcie)).makespan() ==
          exactly(3 * 8 * MiB / 100e3));
}

TEST_CASE("CTAs of nccl with one work each fill the NVLinks of a mesh as others do", "[model]") {
    // Each pair has links of its own, a third of 100 GB/s, which nobody else can keep busy
    NcclCosts nccl = nccl_of_24_channels();
    nccl.lone_work_efficiency = 0.8;
    CHECK(run("nccl", exchange_of(uniform_volumes(4, 8 * MiB)), with(nccl), one_node(4, ScaleUpKind::mesh)).makespan() ==
          exactly(8 * MiB / (100e3 / 3)));
}

TEST_CASE("a proxy of nccl serves a part in the batch that its own rank has it in", "[model]") {
    // Nodes of one GPU, rounds by distance 0, 1, 3, 6, 10, 15, 5, 12 in a channel's first batch and 4, 13, ... in the next one.
    // Rank 0 sends to rank 1, and to rank 4 in its second batch, when the first is over: 2.5 us of what is not there, and 2.5 us
    // that flow. Rank 4 has that in its first batch, with what comes from rank 7, and serves both.
    VolumeMatrix volumes(16, 16);
    volumes.at(0, 1) = volumes.at(0, 4) = volumes.at(7, 4) = bytes(16 * KiB);
    const Run nccl = run("nccl", exchange_of(volumes), with_proxies(), single_switch_cluster(16, 1));
    CHECK(nccl.end(0, 1) == exactly(2.5 + 2.5));
    CHECK(nccl.end(7, 4) == exactly(5 + 2.5));
    CHECK(nccl.end(0, 4) == exactly(5 + 5 + 2.5));
}

TEST_CASE("nccl sends the first chunk and copies the last one out alone, and faster", "[model]") {
    // 8 parts, each a CTA with one work: 1 GB/s while both go on, 2 GB/s for each alone
    NcclCosts nccl = nccl_of_24_channels();
    nccl.connection_rate = gigabytes_per_second(1);
    nccl.one_way_rate = gigabytes_per_second(2);
    const auto makespan = [&](const Exchange& exchange) {
        return run("nccl", exchange, with(nccl), single_switch_cluster(1, 2)).makespan();
    };
    SECTION("a part of one chunk, 512 KiB, is sent and then copied out") {
        CHECK(makespan(exchange_of(uniform_volumes(2, 4 * MiB))) == exactly(2 * 512 * KiB / 2e3));
    }
    SECTION("of four chunks three flow while others come in") {
        CHECK(makespan(exchange_of(uniform_volumes(2, 16 * MiB))) == exactly(2 * 512 * KiB / 2e3 + 3 * 512 * KiB / 1e3));
    }
    SECTION("one that comes from nowhere else has its CTAs alone") {
        CHECK(makespan(one_message(16 * MiB)) == exactly(5 * 512 * KiB / 2e3));
    }
}

TEST_CASE("all works of a CTA of nccl share what it stores", "[model]") {
    // Nodes of one GPU on one channel: a CTA has a batch of both peers. 4 MiB to each and from each, of which it stores 16 MiB at
    // 2 x 1 GB/s.
    NcclCosts nccl;
    nccl.search_channels = 1;
    nccl.cta_rate = gigabytes_per_second(1);
    CHECK(run("nccl", exchange_of(uniform_volumes(3, 4 * MiB)), with(nccl), single_switch_cluster(3, 1)).makespan() ==
          exactly(16 * MiB / 2e3));
    // A rank that only sends has the other half of its CTA for that.
    VolumeMatrix volumes(3, 3);
    volumes.at(0, 1) = volumes.at(0, 2) = bytes(4 * MiB);
    CHECK(run("nccl", exchange_of(volumes), with(nccl), single_switch_cluster(3, 1)).makespan() == exactly(8 * MiB / 2e3));
}

TEST_CASE("GPUs that may not write to each other copy through the host's memory in nccl", "[model]") {
    // 4 GPUs on two roots, 1 MiB a pair: 4 pairs of a root count once, 8 between roots twice
    Cluster cluster = one_node(4, ScaleUpKind::pcie);
    cluster.groups[0].node.scale_up->switches = 2;
    cluster.groups[0].node.scale_up->switch_uplink = gigabytes_per_second(1000);
    NcclCosts nccl;
    nccl.host_rate = gigabytes_per_second(1);
    const auto makespan = [&](int level, int ranks = 4) {
        nccl.p2p_level = level;
        return run("nccl", exchange_of(uniform_volumes(ranks, MiB)), with(nccl), cluster).makespan();
    };
    CHECK(makespan(p2p_nvl) == exactly((4 + 2 * 8) * MiB / 1e3));
    CHECK(makespan(p2p_two) == exactly((4 + 2 * 8) * MiB / 1e3));
    CHECK(makespan(p2p_pxb) == exactly(2 * 8 * MiB / 1e3));  // only what crosses
    CHECK(makespan(p2p_pxb_or_two) == exactly(2 * 8 * MiB / 1e3));
    CHECK(makespan(p2p_sys) == exactly(3 * MiB / 100e3));  // PCIe of a GPU
    CHECK(makespan(p2p_two, 2) == exactly(MiB / 100e3));
}

TEST_CASE("a connection of nccl between nodes has one chunk behind the other", "[model]") {
    // 4 MiB on one channel: 32 chunks of 128 KiB
    NcclCosts nccl;
    nccl.search_channels = 1;
    nccl.network_chunk_time = microseconds(10);
    CHECK(run("nccl", one_message(4 * MiB), with(nccl), single_switch_cluster(2, 1)).makespan() == exactly(32 * 10));
}

TEST_CASE("nccl fills a NIC less well by what it is, and where many NICs send to it", "[model]") {
    NcclCosts nccl;
    nccl.network_efficiency = 0.8;
    nccl.fan_in_efficiency = 0.9;
    const auto makespan = [&](int nodes) {
        return run("nccl", exchange_of(uniform_volumes(nodes, 4 * MiB)), with(nccl), single_switch_cluster(nodes, 1)).makespan();
    };
    CHECK(makespan(2) == exactly(4 * MiB / 50e3 / 0.8));                // one other node
    CHECK(makespan(3) == exactly(2 * 4 * MiB / 50e3 / (0.8 * 0.95)));   // two: half of the tenth
    CHECK(makespan(5) == exactly(4 * 4 * MiB / 50e3 / (0.8 * 0.925)));  // four: three quarters of it
    // 2 nodes of 2 GPUs: with PXN one NIC of the other node sends to each, and without it two
    const auto of_two = [&](int pxn) {
        nccl.pxn = pxn;
        return run("nccl", exchange_of(uniform_volumes(4, 4 * MiB)), with(nccl), single_switch_cluster(2, 2)).makespan();
    };
    CHECK(of_two(1) == exactly(2 * 4 * MiB / 50e3 / 0.8));
    CHECK(of_two(0) == exactly(2 * 4 * MiB / 50e3 / (0.8 * 0.95)));
}

TEST_CASE("the queue pairs of a connection of nccl are flows of their own where switches hash", "[model]") {
    // 4 MiB between two leaves with two spines each: as one flow it has one uplink of 25 GB/s; eight flows find both
    Cluster cluster = single_switch_cluster(2, 1);
    FatTree tree;
    tree.leaf_ports = 4;
    tree.leaf_down_ports = 1;
    tree.oversubscription = 1;
    tree.spines = 2;
    cluster.network->kind = tree;
    NcclCosts nccl;
    nccl.search_channels = 1;
    const auto makespan = [&](int pairs) {
        nccl.queue_pairs = pairs;
        return run("nccl", one_message(4 * MiB), with(nccl), cluster).makespan();
    };
    CHECK(makespan(1) == exactly(4 * MiB / 25e3));
    const double by_eight = makespan(8);
    CHECK(by_eight < 0.9 * 4 * MiB / 25e3);
    CHECK(by_eight > 0.99 * 4 * MiB / 50e3);
}

}  // namespace tokenyard
