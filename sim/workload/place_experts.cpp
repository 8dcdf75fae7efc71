// SPDX-License-Identifier: Apache-2.0
#include "workload/place_experts.hpp"

#include <algorithm>
#include <numeric>
#include <queue>

namespace tokenyard {
namespace {

/// Copies of each expert: one each, then one more for whichever has most tokens a copy, until the slots are used up.
/// No expert gets more copies than there are ranks.
std::vector<int> replicate(const std::vector<double>& load, int extra, int ranks) {
    std::vector<int> copies(load.size(), 1);
    struct Candidate {
        double per_copy;
        std::size_t expert;
        bool operator<(const Candidate& other) const {
            return per_copy != other.per_copy ? per_copy < other.per_copy : expert > other.expert;
        }
    };
    std::priority_queue<Candidate> busiest;
    for (std::size_t expert = 0; expert < load.size(); ++expert)
        if (ranks > 1) busiest.push({load[expert], expert});
    for (int i = 0; i < extra && !busiest.empty(); ++i) {
        const std::size_t expert = busiest.top().expert;
        busiest.pop();
        ++copies[expert];
        if (copies[expert] < ranks) busiest.push({load[expert] / copies[expert], expert});
    }
    return copies;
}

/// Slots of the ranks while copies are put on them.
class Packing {
public:
    Packing(int ranks, int slots_per_rank)
        : experts_on_(static_cast<std::size_t>(ranks)),
          load_(static_cast<std::size_t>(ranks)),
          slots_per_rank_(static_cast<std::size_t>(slots_per_rank)) {}

    /// On the least loaded rank that has room and no copy of it yet; where there is none, by moving another expert away.
    void add(int expert, double load) {
        int best = -1;
        for (int rank = 0; rank < static_cast<int>(load_.size()); ++rank)
            if (has_room(rank) && !holds(rank, expert) && (best < 0 || load_of(rank) < load_of(best))) best = rank;
        if (best < 0) best = make_room_elsewhere(expert);
        put(best, expert, load);
    }
    const std::vector<std::vector<std::pair<int, double>>>& experts_on() const { return experts_on_; }

private:
    double load_of(int rank) const { return load_[static_cast<std::size_t>(rank)]; }
    bool has_room(int rank) const { return experts_on_[static_cast<std::size_t>(rank)].size() < slots_per_rank_; }
    bool holds(int rank, int expert) const {
        const auto& on = experts_on_[static_cast<std::size_t>(rank)];
        return std::any_of(on.begin(), on.end(), [expert](const auto& slot) { return slot.first == expert; });
    }
    void put(int rank, int expert, double load) {
        experts_on_[static_cast<std::size_t>(rank)].push_back({expert, load});
        load_[static_cast<std::size_t>(rank)] += load;
    }
    int make_room_elsewhere(int expert) {
        int open = 0;
        while (!has_room(open)) ++open;
        for (int rank = 0; rank < static_cast<int>(load_.size()); ++rank) {
            if (holds(rank, expert)) continue;
            auto& on = experts_on_[static_cast<std::size_t>(rank)];
            for (auto slot = on.rbegin(); slot != on.rend(); ++slot) {
                if (holds(open, slot->first)) continue;
                put(open, slot->first, slot->second);
                load_[static_cast<std::size_t>(rank)] -= slot->second;
                on.erase(std::next(slot).base());
                return rank;
            }
        }
        return open;  // every rank has one already: a second copy here does no harm
    }

    std::vector<std::vector<std::pair<int, double>>> experts_on_;
    std::vector<double> load_;
    std::size_t slots_per_rank_;
};

/// The two greedy steps of DeepSeek's EPLB (github.com/deepseek-ai/EPLB, replicate_experts and balanced_packing).
ExpertMap place_redundantly(int extra, int ranks, const std::vector<std::uint64_t>& copies_of_expert) {
    const int experts = static_cast<int>(copies_of_expert.size());
    const std::vector<double> load(copies_of_expert.begin(), copies_of_expert.end());
    const std::vector<int> copies = replicate(load, extra, ranks);
    std::vector<int> slots;
    for (int expert = 0; expert < experts; ++expert)
        slots.insert(slots.end(), static_cast<std::size_t>(copies[static_cast<std::size_t>(expert)]), expert);
    const auto load_per_copy = [&](int expert) {
        return load[static_cast<std::size_t>(expert)] / copies[static_cast<std::size_t>(expert)];
    };
    std::stable_sort(slots.begin(), slots.end(), [&](int a, int b) { return load_per_copy(a) > load_per_copy(b); });
    Packing packing(ranks, (experts + extra) / ranks);
    for (const int expert : slots) packing.add(expert, load_per_copy(expert));
    ExpertMap map{std::vector<std::vector<int>>(static_cast<std::size_t>(experts))};
    for (int rank = 0; rank < ranks; ++rank)
        for (const auto& [expert, unused] : packing.experts_on()[static_cast<std::size_t>(rank)])
            map.ranks_of_expert[static_cast<std::size_t>(expert)].push_back(rank);
    return map;
}

}  // namespace

ExpertMap place_experts(const TokenWorkload& workload, const std::vector<std::uint64_t>& copies_of_expert) {
    const int ranks = static_cast<int>(workload.tokens_per_rank.size()), experts = workload.model.experts;
    if (const auto* given = std::get_if<MapPlacement>(&workload.placement)) return {given->ranks_of_expert};
    if (const auto* redundant = std::get_if<RedundantPlacement>(&workload.placement))
        return place_redundantly(redundant->extra, ranks, copies_of_expert);
    const bool is_round_robin = std::holds_alternative<RoundRobinPlacement>(workload.placement);
    ExpertMap map;
    for (int expert = 0; expert < experts; ++expert) {
        const long block = static_cast<long>(expert) * ranks / experts;
        map.ranks_of_expert.push_back({is_round_robin ? expert % ranks : static_cast<int>(block)});
    }
    return map;
}

std::vector<int> slots_of_ranks(const TokenWorkload& workload) {
    const std::size_t ranks = workload.tokens_per_rank.size();
    if (const auto* redundant = std::get_if<RedundantPlacement>(&workload.placement))
        return std::vector<int>(ranks, (workload.model.experts + redundant->extra) / static_cast<int>(ranks));
    std::vector<int> slots(ranks);
    for (const std::vector<int>& holders : place_experts(workload, {}).ranks_of_expert)
        for (const int rank : holders) ++slots[static_cast<std::size_t>(rank)];
    return slots;
}

}  // namespace tokenyard
