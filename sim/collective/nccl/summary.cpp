// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/summary.hpp"

#include <algorithm>
#include <set>

namespace tokenyard {
namespace {

NcclChannelSummary summarise_channel(int channel, const std::vector<NcclBatch>& batches) {
    NcclChannelSummary summary;
    summary.channel = channel;
    summary.batches = static_cast<int>(batches.size());
    std::set<int> destinations, sources;
    for (const NcclBatch& batch : batches) {
        const auto works = static_cast<int>(batch.works.size());
        summary.works += works;
        summary.most_works = std::max(summary.most_works, works);
        for (const NcclWork& work : batch.works) {
            if (work.send) {
                destinations.insert(work.send->peer);
                summary.sent += work.send->stretch.size;
            }
            if (work.receive) {
                sources.insert(work.receive->peer);
                summary.received += work.receive->stretch.size;
            }
        }
    }
    summary.destinations = static_cast<int>(destinations.size());
    summary.sources = static_cast<int>(sources.size());
    return summary;
}

void count_channels_of_messages(const NcclRankSchedule& schedule, NcclScheduleSummary& summary) {
    std::set<int> rounds, counts;
    for (const std::vector<NcclBatch>& batches : schedule.channels)
        for (const NcclBatch& batch : batches)
            for (const NcclWork& work : batch.works) {
                rounds.insert(work.round);
                if (work.send) counts.insert(work.send->message.channels);
                if (work.receive) counts.insert(work.receive->message.channels);
            }
    summary.rounds = static_cast<int>(rounds.size());
    if (counts.empty()) return;
    summary.fewest_channels_of_message = *counts.begin();
    summary.most_channels_of_message = *counts.rbegin();
}

}  // namespace

NcclScheduleSummary summarise(const NcclCommunicator& communicator, const NcclRankSchedule& schedule) {
    NcclScheduleSummary summary;
    summary.rank = schedule.rank;
    summary.ranks = communicator.rank_count();
    summary.nodes = communicator.node_count();
    summary.group_size = communicator.group_size;
    summary.groups = summary.ranks / summary.group_size;
    summary.channels = communicator.channels;
    summary.channels_per_peer = communicator.channels_per_peer;
    summary.kernels = schedule.kernels;
    count_channels_of_messages(schedule, summary);
    for (std::size_t channel = 0; channel < schedule.channels.size(); ++channel) {
        if (schedule.channels[channel].empty()) continue;
        const NcclChannelSummary used = summarise_channel(static_cast<int>(channel), schedule.channels[channel]);
        ++summary.channels_used;
        summary.batches += used.batches;
        summary.most_batches = std::max(summary.most_batches, used.batches);
        summary.works += used.works;
        summary.most_works = std::max(summary.most_works, used.most_works);
        summary.sent += used.sent;
        summary.received += used.received;
        summary.by_channel.push_back(used);
    }
    return summary;
}

}  // namespace tokenyard
