// SPDX-License-Identifier: Apache-2.0
// Which CTAs an all-to-all occupies, for the usual clusters of H100s.
#include "collective/nccl/summary.hpp"
#include "support/nccl_layouts.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace tokenyard {
namespace {

constexpr Bytes mebibyte = bytes(1024 * 1024);

NcclRankSchedule schedule_of(const NcclCommunicator& communicator, Bytes volume, int rank) {
    return schedule_rank(communicator, uniform_volumes(communicator.rank_count(), volume), rank);
}

NcclScheduleSummary summary_of(const NcclLayout& layout, Bytes volume, int rank = 0) {
    const NcclCommunicator communicator = make_nccl_communicator(layout);
    return summarise(communicator, schedule_of(communicator, volume, rank));
}

NcclScheduleSummary summary_of(NcclShape shape, Bytes volume, int rank = 0) { return summary_of(layout_of(shape), volume, rank); }

std::vector<int> each_channel(const NcclScheduleSummary& summary, int NcclChannelSummary::*count) {
    std::vector<int> counts;
    for (const NcclChannelSummary& channel : summary.by_channel) counts.push_back(channel.*count);
    return counts;
}

}  // namespace

TEST_CASE("4 MiB a peer on 8 H100s is one work for each of 32 CTAs", "[nccl]") {
    // 4 parts a peer x 8 peers = 32 channels, bases 4 apart.
    const NcclScheduleSummary summary = summary_of({1, 8}, 4 * mebibyte, 5);
    CHECK(summary.channels_used == 32);
    CHECK(summary.fewest_channels_of_message == 4);
    CHECK(summary.most_channels_of_message == 4);
    CHECK(each_channel(summary, &NcclChannelSummary::works) == std::vector(32, 1));
    CHECK(summary.rounds == 8);
    CHECK(summary.most_batches == 1);
    CHECK(summary.kernels == 1);
    CHECK(summary.sent == 32 * mebibyte);
    CHECK(summary.received == 32 * mebibyte);
}

TEST_CASE("256 MiB a peer on 8 H100s is four works side by side for each of 32 CTAs", "[nccl]") {
    // 16 parts a peer x 8 peers / 32 channels. Bases 0, 16, 8, 24, 4, 20, 12, 28 and 16 channels from each: channel 0 is in
    // those of rounds 0, 3 (24..39), 5 (20..35) and 7 (28..43).
    const NcclScheduleSummary summary = summary_of({1, 8}, 256 * mebibyte);
    CHECK(summary.most_channels_of_message == 16);
    CHECK(each_channel(summary, &NcclChannelSummary::works) == std::vector(32, 4));
    CHECK(each_channel(summary, &NcclChannelSummary::batches) == std::vector(32, 1));
    const NcclRankSchedule schedule = schedule_of(communicator_of({1, 8}), 256 * mebibyte, 0);
    std::vector<int> peers, send_warps, receive_warps;
    for (const NcclWork& work : schedule.channels[0].front().works) {
        peers.push_back(work.send->peer);
        send_warps.push_back(work.send_warps);
        receive_warps.push_back(work.receive_warps);
    }
    CHECK(peers == std::vector{0, 3, 5, 7});
    CHECK(send_warps == std::vector{5, 3, 3, 3});  // all five for the copy to itself
    CHECK(receive_warps == std::vector{0, 2, 2, 2});
}

TEST_CASE("2 x 8 H100s use 4 of 16 CTAs, eight peers each", "[nccl]") {
    const NcclScheduleSummary summary = summary_of({2, 8}, 4 * mebibyte, 11);
    CHECK(summary.channels == 16);
    CHECK(each_channel(summary, &NcclChannelSummary::channel) == std::vector{0, 1, 8, 9});
    CHECK(each_channel(summary, &NcclChannelSummary::destinations) == std::vector{8, 8, 8, 8});
    CHECK(each_channel(summary, &NcclChannelSummary::sources) == std::vector{8, 8, 8, 8});
    CHECK(each_channel(summary, &NcclChannelSummary::most_works) == std::vector{8, 8, 8, 8});
    CHECK(summary.batches == 4);
}

TEST_CASE("4 x 8 H100s use 8 of 16 CTAs, a node for every two", "[nccl]") {
    // Places 0 to 3 reversed in 4 bits: 0, 8, 4, 12; two parts each.
    const NcclScheduleSummary summary = summary_of({4, 8}, 4 * mebibyte);
    CHECK(each_channel(summary, &NcclChannelSummary::channel) == std::vector{0, 1, 4, 5, 8, 9, 12, 13});
    CHECK(summary.batches == 8);
}

TEST_CASE("8 x 8 H100s use 8 CTAs, one node each", "[nccl]") {
    const NcclScheduleSummary summary = summary_of({8, 8}, 4 * mebibyte, 63);
    CHECK(summary.channels_per_peer == 1);
    CHECK(each_channel(summary, &NcclChannelSummary::channel) == std::vector{0, 2, 4, 6, 8, 10, 12, 14});
    CHECK(each_channel(summary, &NcclChannelSummary::destinations) == std::vector(8, 8));
    CHECK(each_channel(summary, &NcclChannelSummary::batches) == std::vector(8, 1));
}

TEST_CASE("16 x 8 H100s use 16 CTAs, one node each", "[nccl]") {
    const NcclScheduleSummary summary = summary_of({16, 8}, 4 * mebibyte);
    CHECK(summary.channels_used == 16);
    CHECK(each_channel(summary, &NcclChannelSummary::batches) == std::vector(16, 1));
    CHECK(each_channel(summary, &NcclChannelSummary::works) == std::vector(16, 8));
}

TEST_CASE("32 x 8 H100s use 16 CTAs, two nodes each, one after the other", "[nccl]") {
    const NcclScheduleSummary summary = summary_of({32, 8}, 4 * mebibyte);
    CHECK(summary.channels_used == 16);
    CHECK(each_channel(summary, &NcclChannelSummary::batches) == std::vector(16, 2));
    CHECK(each_channel(summary, &NcclChannelSummary::most_works) == std::vector(16, 8));
    CHECK(each_channel(summary, &NcclChannelSummary::destinations) == std::vector(16, 16));
}

TEST_CASE("9 x 4 H100s use 9 CTAs, four peers each", "[nccl]") {
    const NcclScheduleSummary summary = summary_of({9, 4}, 4 * mebibyte);
    CHECK(summary.groups == 9);
    CHECK(summary.group_size == 4);
    CHECK(each_channel(summary, &NcclChannelSummary::works) == std::vector(9, 4));
    CHECK(each_channel(summary, &NcclChannelSummary::batches) == std::vector(9, 1));
}

TEST_CASE("single-GPU nodes on two channels serve up to eight peers in one batch a CTA", "[nccl]") {
    const int nodes = GENERATE(2, 3, 4, 5, 6, 7, 8);
    CAPTURE(nodes);
    NcclLayout layout = layout_of({nodes, 1});
    layout.collective_channels = 2;
    const NcclScheduleSummary summary = summary_of(layout, mebibyte);
    CHECK(summary.channels == 2);
    CHECK(summary.channels_per_peer == (nodes <= 4 ? 2 : 1));
    CHECK(each_channel(summary, &NcclChannelSummary::batches) == std::vector{1, 1});
    // With two channels a peer both CTAs serve everybody; with one, the odd rounds are the other's.
    const std::vector<int> halves{(nodes + 1) / 2, nodes / 2};
    CHECK(each_channel(summary, &NcclChannelSummary::works) == (nodes <= 4 ? std::vector{nodes, nodes} : halves));
}

TEST_CASE("nine single-GPU nodes on two channels need a second batch for the ninth round", "[nccl]") {
    NcclLayout layout = layout_of({9, 1});
    layout.collective_channels = 2;
    const NcclScheduleSummary summary = summary_of(layout, mebibyte);
    CHECK(each_channel(summary, &NcclChannelSummary::works) == std::vector{5, 4});
    CHECK(each_channel(summary, &NcclChannelSummary::batches) == std::vector{2, 1});
}

TEST_CASE("a rank without messages has an empty NCCL summary", "[nccl]") {
    const NcclScheduleSummary summary = summary_of({2, 8}, bytes(0));
    CHECK(summary.channels_used == 0);
    CHECK(summary.kernels == 0);
    CHECK(summary.rounds == 0);
    CHECK(summary.by_channel.empty());
}

}  // namespace tokenyard
