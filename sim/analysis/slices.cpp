// SPDX-License-Identifier: Apache-2.0
#include "analysis/slices.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <tuple>

namespace tokenyard {
namespace {

struct Ranks {
    int first = 0, last = 0;
    auto operator<=>(const Ranks&) const = default;
};

/// Which ranks are drawn as one, for each way of merging.
class Groups {
public:
    Groups(const Fabric& fabric, int ranks) : node_of_(fabric.node_of_each_rank()), all_{0, ranks - 1} {
        node_of_.resize(static_cast<std::size_t>(ranks));
        for (int rank = 0; rank < ranks; ++rank) {
            const auto node = static_cast<std::size_t>(node_of(rank));
            if (nodes_.size() <= node) nodes_.resize(node + 1, {rank, rank});
            nodes_[node].last = rank;
        }
    }

    Ranks source(Merged merged, int rank) const { return merged == Merged::by_both_nodes ? node(rank) : Ranks{rank, rank}; }
    Ranks destination(Merged merged, const Step& step) const {
        if (step.source == step.destination) return source(merged, step.source);
        if (merged == Merged::nothing) return {step.destination, step.destination};
        return merged == Merged::by_rank ? all_ : node(step.destination);
    }

private:
    int node_of(int rank) const { return node_of_[static_cast<std::size_t>(rank)]; }
    Ranks node(int rank) const { return nodes_[static_cast<std::size_t>(node_of(rank))]; }

    std::vector<int> node_of_;
    std::vector<Ranks> nodes_;
    Ranks all_;
};

std::string kind_of(const Step& step) {
    if (step.kind == StepKind::transfer) return "transfer";
    if (step.kind == StepKind::local) return "copy";
    return step.delay_is == Delay::none ? "pause" : std::string(name_of(step.delay_is));
}

/// From being free to go: Timeline::start is when bytes begin to flow.
Seconds begin_of(StepId id, const Schedule& schedule, const Timeline& timeline) {
    Seconds begin;
    for (const StepId earlier : schedule.waits_of(id)) begin = std::max(begin, timeline.end[earlier]);
    return std::min(begin, timeline.end[id]);
}

std::string longest_hold(StepId id, const Fabric& fabric, const Schedule& schedule, const Timeline& timeline) {
    const std::span<const Hold> holds = timeline.holds_of(id);
    if (holds.empty()) return {};
    const auto longest =
        std::max_element(holds.begin(), holds.end(), [](const Hold& a, const Hold& b) { return a.time < b.time; });
    return link_of(fabric, schedule, longest->link).name;
}

/// The slices for one way of merging; nothing when they are more than `most`.
std::optional<std::vector<Slice>> slices_for(Merged merged, const Groups& groups, const Fabric& fabric, const Schedule& schedule,
                                             const Timeline& timeline, std::size_t most) {
    std::map<std::tuple<Ranks, Ranks, StepKind, Delay, StepId>, Slice> slices;
    for (StepId id = 0; id < schedule.steps().size(); ++id) {
        const Step& step = schedule.steps()[id];
        const Seconds begin = begin_of(id, schedule, timeline), end = timeline.end[id];
        if (end <= begin) continue;
        const Ranks from = groups.source(merged, step.source), to = groups.destination(merged, step);
        const auto [at, is_new] = slices.try_emplace({from, to, step.kind, step.delay_is, merged == Merged::nothing ? id : 0});
        if (slices.size() > most) return {};
        Slice& slice = at->second;
        if (is_new)
            slice = {kind_of(step), from.first,
                     from.last,     to.first,
                     to.last,       1,
                     step.volume,   begin,
                     end,           merged == Merged::nothing ? longest_hold(id, fabric, schedule, timeline) : ""};
        else {
            ++slice.steps;
            slice.volume += step.volume;
            slice.begin = std::min(slice.begin, begin);
            slice.end = std::max(slice.end, end);
        }
    }
    std::vector<Slice> sorted;
    for (auto& [key, slice] : slices) sorted.push_back(std::move(slice));
    std::stable_sort(sorted.begin(), sorted.end(), [](const Slice& a, const Slice& b) {
        return std::tuple(a.source, a.begin, b.end) < std::tuple(b.source, b.begin, a.end);
    });
    return sorted;
}

}  // namespace

void draw_slices(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline, std::size_t most, Picture& picture) {
    int ranks = 1;
    for (const Step& step : schedule.steps()) ranks = std::max({ranks, step.source + 1, step.destination + 1});
    const Groups groups(fabric, ranks);
    for (const Merged merged : {Merged::nothing, Merged::by_node, Merged::by_rank, Merged::by_both_nodes}) {
        const std::size_t limit = merged == Merged::by_both_nodes ? SIZE_MAX : most;
        if (auto slices = slices_for(merged, groups, fabric, schedule, timeline, limit)) {
            picture.merged = merged;
            picture.slices = std::move(*slices);
            return;
        }
    }
}

}  // namespace tokenyard
