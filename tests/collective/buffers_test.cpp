// SPDX-License-Identifier: Apache-2.0
// What libraries keep in a GPU's memory, by hand: 128 or 4,096 tokens of 7,168 elements, FP8 out, top-8 of 256 experts.
#include "cluster/build_fabric.hpp"
#include "collective/plan.hpp"
#include "support/clusters.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

BufferUse buffers(const char* algorithm, int nodes, int tokens, const Costs& costs) {
    const Fabric fabric = build_fabric(single_switch_cluster(nodes, 8));
    return find_algorithm(algorithm)->buffers({8 * nodes, tokens, 256, 8, 7168, bytes(7168 + 224)}, fabric, costs);
}

}  // namespace

TEST_CASE("low-latency: two slots a token and expert on both sides", "[memory]") {
    // A slot of combine is the larger: 56 scales x 4 B + 14,336 B = 14,560 B. 256 experts x 128 tokens x 14,560 B = 477,102,080 B
    // to send and as much to receive, 256 x 4 B of flags; all of it twice.
    Costs costs;
    CHECK_FALSE(buffers("low-latency", 4, 128, costs).volume);
    costs.low_latency.buffers = 1;
    CHECK(buffers("low-latency", 4, 128, costs).volume == bytes(2 * (2 * 477102080.0 + 1024)));
}

TEST_CASE("two-level: a ring of NVLink in every channel, and two of the network between nodes", "[memory]") {
    // A place of a ring: 14,336 B + 8 B of source, 128 x 12 B of choices, 128 x 4 B of scales = 16,392 B.
    // 8 ranks, 12 channels, 256 places: 12 x 8 x (5 x 4 B + 256 x 16,392 B) = 402,851,712 B
    Costs costs;
    CHECK_FALSE(buffers("two-level", 1, 4096, costs).volume);
    costs.two_level.buffers = 1;
    costs.two_level.sms = 24;
    costs.two_level.chunk_tokens = 20;
    CHECK(buffers("two-level", 1, 4096, costs).volume == bytes(402851712));
    // 32 ranks on 4 nodes, 288 places: 12 x 8 x (11 x 4 B + 288 x 16,392 B) = 453,210,240 B.
    // The network's 128 places are 7 chunks of 20: 12 x 4 x 2 x (18 x 4 B + 140 x 16,408 B) + 1 MiB = 221,579,008 B
    CHECK(buffers("two-level", 4, 4096, costs).volume == bytes(453210240 + 221579008));
}

TEST_CASE("sent-once, as DeepEP V2: a row for every token of every rank", "[memory]") {
    // A row out: 7,168 B, a scale of 4 B for 32 elements 896 B, 4 + 8 x 12 B = 8,164 B, aligned to 32 B 8,192 B; back 14,336 + 8
    // x 8 B. 8 ranks of 4,096 tokens: out 268,435,456 B; back 8 x 4,096 x 14,400 B = 471,859,200 B, which are 225 x 2 MiB
    Costs costs;
    CHECK_FALSE(buffers("sent-once", 1, 4096, costs).volume);
    costs.sent_once.buffers = buffers_elastic;
    costs.sent_once.alignment = 32;
    costs.sent_once.token_header = bytes(4);
    costs.sent_once.choice_header = bytes(12);
    costs.sent_once.combine_network_choice_header = bytes(8);
    CHECK(buffers("sent-once", 1, 4096, costs).volume == bytes(471859200));
    // 4 nodes: out 32 x 4,096 + 4,096 + 4 x 5,376 rows = 156,672 x 8,192 B = 1,283,457,024 B; back (8 x 4 x 4,096 + 4 x 4,096 +
    // 4 x 5,376) x 14,400 B = 168,960 x 14,400 B = 2,433,024,000 B, rounded up to 1,161 x 2 MiB
    CHECK(buffers("sent-once", 4, 4096, costs).volume == bytes(1161.0 * 2 * 1024 * 1024));
}

TEST_CASE("sent-once, as FlashInfer: planes of dispatch and combine", "[memory]") {
    // 8 ranks x 4,096 tokens x (7,392 B + 8 x 8 B of ids and weights + 14,336 B) = 32,768 x 21,792 B
    Costs costs;
    costs.sent_once.buffers = buffers_planes;
    CHECK(buffers("sent-once", 1, 4096, costs).volume == bytes(714080256));
}

TEST_CASE("nccl: 12 MiB for every peer of the node and channel, and pools for the network", "[memory]") {
    const NcclScheduleSummary one = summarise_nccl(build_fabric(single_switch_cluster(1, 8)), 8, bytes(1e6), {}),
                              four = summarise_nccl(build_fabric(single_switch_cluster(4, 8)), 32, bytes(1e6), {});
    const double connection = 12.0 * 1024 * 1024, pool = 16 * 128 * 1024.0;
    Costs costs;
    CHECK(buffers("nccl", 1, 128, costs).volume == bytes(7 * one.channels_per_peer * connection));
    costs.nccl.pxn = 0;
    CHECK(buffers("nccl", 4, 128, costs).volume == bytes(7 * four.channels_per_peer * connection + 2 * four.channels * pool));
    costs.nccl.pxn = 1;  // a GPU sends for the 8 of its node
    CHECK(buffers("nccl", 4, 128, costs).volume == bytes(7 * four.channels_per_peer * connection + 9 * four.channels * pool));
    costs.nccl.buffer = bytes(8 * 1024 * 1024);  // 4 MiB more a connection; slots of the pools are chunks
    costs.nccl.net_chunk = bytes(512 * 1024);
    CHECK(buffers("nccl", 4, 128, costs).volume ==
          bytes(7 * four.channels_per_peer * (connection + 4 * 1024 * 1024) + 9 * four.channels * 4 * pool));
}

TEST_CASE("what is no library has no buffers, and a library without a model of them says so", "[memory]") {
    CHECK(buffers("direct", 4, 128, {}).volume == Bytes{});
    const BufferUse unknown = buffers("mpi-linear", 4, 128, {});
    CHECK_FALSE(unknown.volume);
    CHECK(unknown.how == "not modelled of this library");
}

}  // namespace tokenyard
