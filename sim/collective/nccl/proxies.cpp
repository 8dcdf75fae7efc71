// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/proxies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tokenyard {

NcclProxies::NcclProxies(const NcclCommunicator& communicator, const Fabric& fabric, Seconds chunk_overhead)
    : communicator_(communicator),
      fabric_(fabric),
      chunk_overhead_(chunk_overhead),
      proxies_(static_cast<std::size_t>(communicator.rank_count())) {}

void NcclProxies::count_parts(const NcclRankSchedule& schedule) {
    const auto count = [this](const std::optional<NcclPart>& part, std::size_t batch) {
        if (!part || part->message.transport != NcclTransport::network) return;
        std::vector<int>& parts = proxies_[static_cast<std::size_t>(part->port.proxy_rank)].parts;
        if (parts.size() <= batch) parts.resize(batch + 1);
        ++parts[batch];
    };
    for (const std::vector<NcclBatch>& batches : schedule.channels)
        for (std::size_t at = 0; at < batches.size(); ++at)
            for (const NcclWork& work : batches[at].works) {
                count(work.send, at);
                count(work.receive, at);
            }
}

LinkId NcclProxies::link(int rank, Bytes chunk, Schedule& schedule) {
    if (chunk_overhead_.si == 0) return no_link;
    std::map<double, LinkId>& links = proxies_[static_cast<std::size_t>(rank)].by_chunk;
    const auto [at, is_new] = links.try_emplace(chunk.si, no_link);
    if (is_new) {
        const std::string name =
            fabric_.gpu_name(rank) + "/proxy" + (chunk == communicator_.chunk ? "" : fmt::format(" {:.0f} KiB", chunk.si / 1024));
        at->second = schedule.add_resource(fabric_, {name, LinkKind::proxy, chunk / chunk_overhead_, {}});
    }
    return at->second;
}

Seconds NcclProxies::unfilled_chunks(const NcclPart& part, End sent, End received) const {
    const double unfilled = part.steps - part.stretch.size / part.message.chunk;
    return chunk_overhead_ * (unfilled * std::max(parts_at(sent), parts_at(received)));
}

double NcclProxies::rate(Bytes chunk) const {
    return chunk_overhead_.si > 0 ? (chunk / chunk_overhead_).si : std::numeric_limits<double>::infinity();
}

}  // namespace tokenyard
