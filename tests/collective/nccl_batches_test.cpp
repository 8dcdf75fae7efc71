// SPDX-License-Identifier: Apache-2.0
// What the two ends of every NCCL message do about it, and which of a rank's works run side by side.
#include "collective/nccl/batches.hpp"
#include "collective/nccl/rounds.hpp"
#include "support/nccl_layouts.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <tuple>
#include <vector>

namespace tokenyard {
namespace {

constexpr Bytes kibibyte = bytes(1024), mebibyte = bytes(1024 * 1024);

std::vector<NcclRankSchedule> schedule_all(const NcclCommunicator& communicator, const VolumeMatrix& volumes,
                                           const NcclCalls& calls = {}) {
    std::vector<NcclRankSchedule> schedules;
    for (int rank = 0; rank < communicator.rank_count(); ++rank)
        schedules.push_back(schedule_rank(communicator, volumes, rank, calls));
    return schedules;
}

using WorkVisitor = std::function<void(int channel, const NcclBatch& batch, const NcclWork& work)>;

void for_each_work(const NcclRankSchedule& schedule, const WorkVisitor& visit) {
    for (std::size_t channel = 0; channel < schedule.channels.size(); ++channel)
        for (const NcclBatch& batch : schedule.channels[channel])
            for (const NcclWork& work : batch.works) visit(static_cast<int>(channel), batch, work);
}

/// What sender and receiver must agree on.
struct End {
    int source = 0, destination = 0, part = 0;
    int round = 0, channel = 0, channels = 0, steps = 0;
    double offset = 0, size = 0, chunk = 0;
    NcclProtocol protocol = NcclProtocol::simple;

    auto operator<=>(const End&) const = default;
};

End end_of(int source, int destination, int channel, int round, const NcclPart& part) {
    return {source,
            destination,
            part.index,
            round,
            channel,
            part.message.channels,
            part.steps,
            in_bytes(part.stretch.offset),
            in_bytes(part.stretch.size),
            in_bytes(part.message.chunk),
            part.message.protocol};
}

struct Ends {
    std::vector<End> sent, received;
};

Ends ends_of(const std::vector<NcclRankSchedule>& schedules) {
    Ends ends;
    for (const NcclRankSchedule& schedule : schedules)
        for_each_work(schedule, [&](int channel, const NcclBatch&, const NcclWork& work) {
            if (work.send) ends.sent.push_back(end_of(schedule.rank, work.send->peer, channel, work.round, *work.send));
            if (work.receive)
                ends.received.push_back(end_of(work.receive->peer, schedule.rank, channel, work.round, *work.receive));
        });
    std::sort(ends.sent.begin(), ends.sent.end());
    std::sort(ends.received.begin(), ends.received.end());
    return ends;
}

/// Pairs whose parts do not follow one another without a gap from the first byte to the last.
int broken_messages(const std::vector<End>& sorted, const VolumeMatrix& volumes) {
    RankMatrix<double> reached(volumes.rows(), volumes.columns());
    int broken = 0;
    for (const End& end : sorted) {
        broken += reached.at(end.source, end.destination) != end.offset;
        reached.at(end.source, end.destination) += end.size;
    }
    for (int source = 0; source < volumes.rows(); ++source)
        for (int destination = 0; destination < volumes.columns(); ++destination)
            broken += reached.at(source, destination) != in_bytes(volumes.at(source, destination));
    return broken;
}

std::vector<int> rounds_of(const NcclBatch& batch) {
    std::vector<int> rounds;
    for (const NcclWork& work : batch.works) rounds.push_back(work.round);
    return rounds;
}

}  // namespace

TEST_CASE("both ends of an NCCL message agree on every part of it", "[nccl]") {
    const NcclShape shape = any_nccl_shape();
    const bool skips_empty = GENERATE(true, false);
    CAPTURE(shape, skips_empty);
    const NcclCommunicator communicator = communicator_of(shape);
    const VolumeMatrix volumes = random_volumes(communicator.rank_count(), 7);
    const Ends ends = ends_of(schedule_all(communicator, volumes, {skips_empty, false}));
    CHECK((ends.sent == ends.received));  // in brackets: too long to print
    CHECK(broken_messages(ends.sent, volumes) == 0);
    CHECK(broken_messages(ends.received, volumes) == 0);
}

TEST_CASE("an NCCL batch has at most eight works of different rounds of one epoch", "[nccl]") {
    const NcclShape shape = any_nccl_shape();
    CAPTURE(shape);
    const NcclCommunicator communicator = communicator_of(shape);
    int wrong = 0;
    for (const NcclRankSchedule& schedule : schedule_all(communicator, random_volumes(communicator.rank_count(), 8)))
        for (const std::vector<NcclBatch>& batches : schedule.channels)
            for (const NcclBatch& batch : batches) {
                const std::vector<int> rounds = rounds_of(batch);
                wrong += rounds.empty() || rounds.size() > 8 || rounds.front() / 8 != rounds.back() / 8;
                wrong += std::adjacent_find(rounds.begin(), rounds.end(), std::greater_equal<>()) != rounds.end();
            }
    CHECK(wrong == 0);
}

TEST_CASE("NCCL calls for no bytes are skipped or become one empty step", "[nccl]") {
    const NcclCommunicator communicator = communicator_of({2, 8});
    VolumeMatrix volumes(16, 16);
    volumes.at(0, 9) = mebibyte;
    const NcclRankSchedule skipping = schedule_rank(communicator, volumes, 0);
    // The group after the own one is round 8; 9 is number 1 of it. 1 MiB > 128 KiB: two parts, on channels 8 and 9.
    CHECK(skipping.kernels == 1);
    REQUIRE(skipping.channels[8].size() == 1);
    CHECK(rounds_of(skipping.channels[8].front()) == std::vector{9});
    CHECK_FALSE(skipping.channels[8].front().works.front().receive.has_value());
    CHECK(skipping.channels[0].empty());
    CHECK(schedule_rank(communicator, volumes, 1).kernels == 0);

    const NcclRankSchedule calling = schedule_rank(communicator, volumes, 0, {false, false});
    REQUIRE(calling.channels[0].size() == 1);
    CHECK(rounds_of(calling.channels[0].front()) == std::vector{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(calling.channels[0].front().works[1].send->steps == 1);
    CHECK(calling.channels[1].empty());
    CHECK(rounds_of(calling.channels[9].front()) == std::vector{9});
}

TEST_CASE("NCCL skips what a rank has for itself in place", "[nccl]") {
    const NcclCommunicator communicator = communicator_of({1, 8});
    const NcclRankSchedule schedule = schedule_rank(communicator, uniform_volumes(8, 4 * mebibyte), 0, {true, true});
    CHECK(schedule.channels[0].empty());  // of round 0
    CHECK(schedule.channels[16].size() == 1);
}

TEST_CASE("NCCL divides the 20 warps of a CTA among the works of a batch", "[nccl]") {
    CHECK(warps_of_work(1) == NcclWarps{10, 9});
    CHECK(warps_of_work(2) == NcclWarps{5, 4});
    CHECK(warps_of_work(3) == NcclWarps{3, 2});
    CHECK(warps_of_work(4) == NcclWarps{3, 2});
    CHECK(warps_of_work(5) == NcclWarps{2, 2});
    CHECK(warps_of_work(6) == NcclWarps{1, 1});
    CHECK(warps_of_work(7) == NcclWarps{1, 1});
    CHECK(warps_of_work(8) == NcclWarps{1, 1});
}

TEST_CASE("an NCCL work without one half gives its warps to the other", "[nccl]") {
    // 0 sends to 1 and 2 and receives from 2 alone, on 1 node of 4. C = 32, at first 32 / 4 = 8 channels, and 256 KiB by LL
    // would make 32 parts of 8 KiB: 8. Round 1 (to 1, from 3) has channels 16 to 23, round 2 (to 2, from 2) 8 to 15.
    const NcclCommunicator communicator = communicator_of({1, 4});
    VolumeMatrix volumes(4, 4);
    volumes.at(0, 0) = volumes.at(0, 1) = volumes.at(0, 2) = volumes.at(2, 0) = 256 * kibibyte;
    const NcclRankSchedule sender = schedule_rank(communicator, volumes, 0);
    const NcclWork& copy = sender.channels[0].front().works.front();
    const NcclWork& one_way = sender.channels[16].front().works.front();
    const NcclWork& both_ways = sender.channels[8].front().works.front();
    CHECK(copy.send_warps == 19);
    CHECK(copy.receive_warps == 0);
    CHECK(one_way.send_warps == 19);
    CHECK(one_way.receive_warps == 0);
    CHECK(both_ways.send_warps == 10);
    CHECK(both_ways.receive_warps == 9);
    const NcclRankSchedule receiver = schedule_rank(communicator, volumes, 1);
    CHECK(receiver.channels[16].front().works.front().send_warps == 0);
    CHECK(receiver.channels[16].front().works.front().receive_warps == 19);
}

TEST_CASE("NCCL's window is 8 chunks, and 16 for all network parts of a batch at one proxy", "[nccl]") {
    const VolumeMatrix volumes = uniform_volumes(16, mebibyte);
    const auto windows = [&](bool uses_pxn, int channel) {
        NcclLayout layout = layout_of({2, 8});
        layout.settings.uses_pxn = uses_pxn;
        const NcclRankSchedule schedule = schedule_rank(make_nccl_communicator(layout), volumes, 0);
        const NcclWork& work = schedule.channels[static_cast<std::size_t>(channel)].front().works.back();
        return std::pair(work.send->window, work.receive->window);
    };
    CHECK(windows(true, 0) == std::pair(8, 8));   // NVLink
    CHECK(windows(true, 8) == std::pair(8, 2));   // 8 proxies send one part each, the own one receives all eight
    CHECK(windows(false, 8) == std::pair(2, 2));  // the own one sends them, too
}

TEST_CASE("NCCL serves eight peers a channel", "[nccl]") {
    CHECK(peers_in_flight(communicator_of({1, 8}), 4) == 64);
    CHECK(peers_in_flight(communicator_of({2, 8}), 2) == 64);
    CHECK(peers_in_flight(communicator_of({8, 8}), 1) == 128);
}

TEST_CASE("NCCL starts another kernel when the batches do not fit the arguments", "[nccl]") {
    // 512 nodes x 1: base = round, so that a channel gets rounds 16 apart, each a batch of its own. A kernel starts a round
    // while its batches + 1 <= (4096 - 32) / 16 = 254: 254 + 254 + 4 batches.
    const NcclCommunicator communicator = communicator_of({512, 1});
    const NcclRankSchedule schedule = schedule_rank(communicator, uniform_volumes(512, mebibyte), 3);
    std::vector<int> batches(3);
    for_each_work(schedule,
                  [&](int, const NcclBatch& batch, const NcclWork&) { ++batches.at(static_cast<std::size_t>(batch.kernel)); });
    CHECK(schedule.kernels == 3);
    CHECK(batches == std::vector{254, 254, 4});
}

TEST_CASE("an NCCL epoch that straddles two kernels is two batches", "[nccl]") {
    // 320 nodes x 8 ranks, one batch of eight rounds a group. The kernel has 253 batches after 253 groups; round 2024 starts
    // the 254th, and round 2025 finds no room: 255 > 254. Place 253 reversed in 4 bits, 1101 -> 1011, is channel 11.
    NcclLayout layout = layout_of({320, 8});
    const NcclCommunicator communicator = make_nccl_communicator(layout);
    const NcclRankSchedule schedule = schedule_rank(communicator, uniform_volumes(2560, kibibyte), 0);
    CHECK(schedule.kernels == 2);
    const std::vector<NcclBatch>& batches = schedule.channels[11];
    const auto second = std::find_if(batches.begin(), batches.end(), [](const NcclBatch& batch) { return batch.kernel == 1; });
    REQUIRE(second != batches.begin());
    REQUIRE(second != batches.end());
    CHECK(rounds_of(*std::prev(second)) == std::vector{2024});
    CHECK(rounds_of(*second) == std::vector{2025, 2026, 2027, 2028, 2029, 2030, 2031});
}

}  // namespace tokenyard
