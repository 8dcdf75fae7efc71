// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/steps.hpp"

#include <algorithm>
#include <map>

namespace tokenyard {
namespace {

/// The traffic from one island (what NVLink joins) to another one, spread over as many paths as the larger has GPUs. Path p
/// leaves by GPU p of the one node and arrives at GPU p of the other.
class IslandPair {
public:
    IslandPair(const std::vector<int>& from, const std::vector<int>& to, const VolumeMatrix& volumes)
        : from_(from), to_(to), paths_(std::max(from.size(), to.size())) {
        Bytes whole;
        for (const int source : from)
            for (const int destination : to) {
                left_.push_back(volumes.at(source, destination));
                whole += left_.back();
            }
        for (std::size_t path = 0; path < paths_; ++path)
            room_.push_back(even_share(whole, static_cast<int>(path), static_cast<int>(paths_)));
    }

    /// Fills the paths. What need not change GPU at either end goes first, then what changes at one end, then the rest.
    template <class Place>
    void fill(const Place& place) {
        for (std::size_t path = 0; path < paths_; ++path) put(path, leaves(path), arrives(path), place);
        for (std::size_t path = 0; path < paths_; ++path) {
            for (const int destination : to_) put(path, leaves(path), destination, place);
            for (const int source : from_) put(path, source, arrives(path), place);
        }
        for (std::size_t path = 0; path < paths_; ++path)
            for (const int source : from_)
                for (const int destination : to_) put(path, source, destination, place);
    }

private:
    int leaves(std::size_t path) const { return from_[path * from_.size() / paths_]; }
    int arrives(std::size_t path) const { return to_[path * to_.size() / paths_]; }

    template <class Place>
    void put(std::size_t path, int source, int destination, const Place& place) {
        Bytes& left = left_[static_cast<std::size_t>(source - from_.front()) * to_.size() +
                            static_cast<std::size_t>(destination - to_.front())];
        const Bytes volume = std::min(left, room_[path]);
        if (volume.si <= 0) return;
        left = left - volume;
        room_[path] = room_[path] - volume;
        Step step = transfer(source, destination, volume);
        step.via = {leaves(path) == source ? -1 : leaves(path), arrives(path) == destination ? -1 : arrives(path)};
        place(step);
    }

    const std::vector<int>&from_, &to_;
    std::size_t paths_;
    std::vector<Bytes> left_;  // of each source, for each destination: islands are runs of ranks
    std::vector<Bytes> room_;  // of each path
};

/// Over the lanes of the crossing between nodes, which may start and end at other ranks than the step.
void add_over_lanes(const Fabric& fabric, const Step& step, StepId begun, Schedule& schedule, std::vector<StepId>& added) {
    const int leaves = step.via[0] < 0 ? step.source : step.via[0], arrives = step.via[1] < 0 ? step.destination : step.via[1];
    const int lanes = fabric.lane_count(leaves, arrives);
    for (int lane = 0; lane < lanes; ++lane) {
        Step part = step;
        part.lane = lane;
        part.delivered = part.volume = even_share(step.volume, lane, lanes);
        if (part.volume.si > 0) added.push_back(schedule.add(part, {begun}));
    }
}

/// Traffic between two nodes leaves over all NICs of the sender's node alike, and is put right on arrival.
/// Source: FAST, arXiv 2505.09764 (balancing step).
std::vector<StepId> append_balanced(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                    const std::vector<StepId>& ready, Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    const std::vector<StepId> begun = add_pauses(costs.balanced.launch, Delay::launch, add_barrier(ready, schedule), schedule);
    const std::vector<int> island_of_rank = fabric.island_of_each_rank();
    std::map<int, std::vector<int>> ranks_of_island;
    for (int rank = 0; rank < ranks; ++rank) ranks_of_island[island_of_rank[static_cast<std::size_t>(rank)]].push_back(rank);
    Ledger ledger(ranks);
    std::vector<StepId> added;
    const auto place = [&](const Step& step) {
        add_over_lanes(fabric, step, begun[static_cast<std::size_t>(step.source)], schedule, added);
    };
    for (const auto& [island, sources] : ranks_of_island)
        for (const auto& [other, destinations] : ranks_of_island) {
            if (island != other) {
                IslandPair(sources, destinations, exchange.volumes).fill(place);
                continue;
            }
            for (const int source : sources)
                for (const int destination : destinations) {
                    const Bytes volume = exchange.volumes.at(source, destination);
                    if (volume.si == 0) continue;
                    if (source != destination) place(transfer(source, destination, volume));
                    else {
                        schedule.kept += volume;
                        added.push_back(add_copy(source, volume, 2, {&begun[static_cast<std::size_t>(source)], 1}, schedule));
                    }
                }
        }
    ledger.note(schedule, added);
    return ledger.close(begun, schedule);
}

}  // namespace

const Algorithm balanced_algorithm{
    .name = "balanced",
    .summary = "each node's traffic spread evenly over its NICs through NVLink (as FAST does)",
    .costs = "balanced",
    .append = append_balanced,
};

}  // namespace tokenyard
