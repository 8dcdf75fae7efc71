// SPDX-License-Identifier: Apache-2.0
#include "analysis/analyse.hpp"

#include "analysis/bottlenecks.hpp"
#include "analysis/ecmp.hpp"
#include "analysis/lower_bound.hpp"

#include <algorithm>
#include <numeric>

namespace tokenyard {
namespace {

struct RankTotals {
    std::vector<Bytes> sent, received;
};

RankTotals totals_of(const VolumeMatrix& volumes) {
    const auto ranks = static_cast<std::size_t>(volumes.rows());
    RankTotals totals{std::vector<Bytes>(ranks), std::vector<Bytes>(ranks)};
    for (std::size_t source = 0; source < ranks; ++source)
        for (std::size_t destination = 0; destination < ranks; ++destination) {
            const Bytes volume = volumes.at(static_cast<int>(source), static_cast<int>(destination));
            totals.sent[source] += volume;
            totals.received[destination] += volume;
        }
    return totals;
}

double max_over_mean(const std::vector<Bytes>& totals) {
    const Bytes sum = std::accumulate(totals.begin(), totals.end(), Bytes{});
    const Bytes most = *std::max_element(totals.begin(), totals.end());
    return sum.si > 0 ? most / (sum / static_cast<double>(totals.size())) : 1;
}

VolumeByTier volume_by_tier(const Fabric& fabric, const Schedule& schedule) {
    VolumeByTier volume;
    volume.local = schedule.kept;
    for (const Step& step : schedule.steps()) {
        if (step.kind != StepKind::transfer) continue;
        const Way ranks(step);
        const Bytes carried = step.delivered + step.relayed;
        for (std::size_t i = 0; i + 1 < ranks.size(); ++i)
            (fabric.tier(ranks[i], ranks[i + 1]) == Tier::scale_up ? volume.scale_up : volume.scale_out) += carried;
        volume.relayed += step.relayed + carried * static_cast<double>(ranks.size() - 2);
    }
    return volume;
}

/// What each rank does: its own steps, and what comes to it.
std::vector<PhaseRank> ranks_of(const Fabric& fabric, int count, const Schedule& schedule, const Timeline& timeline) {
    std::vector<PhaseRank> ranks(static_cast<std::size_t>(count));
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) ranks[rank].begin = ranks[rank].end = fabric.gpus[rank].late;
    std::vector<Seconds> last(ranks.size());
    for (StepId id = 0; id < schedule.steps().size(); ++id) {
        const Step& step = schedule.steps()[id];
        const auto source = static_cast<std::size_t>(step.source), destination = static_cast<std::size_t>(step.destination);
        ranks[source].end = std::max(ranks[source].end, timeline.end[id]);
        ranks[destination].end = std::max(ranks[destination].end, timeline.end[id]);
        if (step.kind != StepKind::transfer || timeline.end[id] <= last[destination]) continue;
        last[destination] = timeline.end[id];
        ranks[destination].from = step.source;
    }
    return ranks;
}

/// The transfer that ended last.
void set_last_transfer(const Schedule& schedule, const Timeline& timeline, Phase& phase) {
    Seconds latest;
    for (StepId step = 0; step < schedule.steps().size(); ++step)
        if (schedule.steps()[step].kind == StepKind::transfer && timeline.end[step] > latest) {
            latest = timeline.end[step];
            phase.last_source = schedule.steps()[step].source;
            phase.last_destination = schedule.steps()[step].destination;
        }
}

}  // namespace

Phase analyse(const std::string& name, const Fabric& fabric, const VolumeMatrix& volumes, const Schedule& schedule,
              const Timeline& timeline, const std::vector<Bound>& bounds) {
    Phase phase;
    phase.name = name;
    phase.completion = timeline.makespan;
    phase.bounds = bounds;
    if (!phase.bounds.empty()) phase.lower_bound = phase.bounds.front().time;
    // A bound that is met exactly must not come out above the completion by the last bits.
    if (phase.lower_bound > phase.completion && phase.lower_bound.si < phase.completion.si * (1 + rounding_of_bounds))
        phase.lower_bound = phase.completion;
    phase.volume = volume_by_tier(fabric, schedule);
    const RankTotals totals = totals_of(volumes);
    phase.send_skew = max_over_mean(totals.sent);
    phase.receive_skew = max_over_mean(totals.received);
    if (timeline.makespan.si > 0) {
        const double ranks = volumes.rows();
        phase.algbw = std::max(*std::max_element(totals.sent.begin(), totals.sent.end()),
                               *std::max_element(totals.received.begin(), totals.received.end())) /
                      timeline.makespan;
        phase.busbw = phase.algbw * ((ranks - 1) / ranks);
    }
    set_last_transfer(schedule, timeline, phase);
    phase.ranks = ranks_of(fabric, volumes.rows(), schedule, timeline);
    phase.transfers = transfer_count(schedule);
    phase.bottlenecks = find_bottlenecks(fabric, schedule, timeline);
    phase.bottleneck_kinds = by_kind(phase.bottlenecks);
    phase.links = link_ledger(fabric, schedule, timeline);
    phase.ecmp = count_collisions(fabric, schedule);
    phase.delivery_error = timeline.delivery_error;
    return phase;
}

TokenSpread measure_spread(const TokenMatrix& tokens, std::size_t token_count) {
    if (token_count == 0) return {};
    const auto sum = [](const RankMatrix<std::uint32_t>& counts) {
        double total = 0;
        for (int row = 0; row < counts.rows(); ++row)
            for (const std::uint32_t count : counts.row(row)) total += count;
        return total;
    };
    const auto each = static_cast<double>(token_count);
    return {each, sum(tokens.copies) / each, sum(tokens.unique_per_rank) / each, sum(tokens.unique_per_node) / each};
}

}  // namespace tokenyard
