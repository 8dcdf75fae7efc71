// SPDX-License-Identifier: Apache-2.0
#include "place/search.hpp"

#include <algorithm>
#include <optional>
#include <random>

namespace tokenyard {
namespace {

/// One change of slots that can be taken back: the experts of two slots exchanged, or one slot given to another expert.
struct Change {
    bool is_swap = true;
    std::size_t slot = 0, other = 0;  // other: of a swap
    int before = 0, after = 0;        // of the slot, where it is no swap

    void make(LinkLoads& loads) const { is_swap ? loads.swap(slot, other) : loads.replace(slot, after); }
    void take_back(LinkLoads& loads) const { is_swap ? loads.swap(slot, other) : loads.replace(slot, before); }
};

class Walker {
public:
    Walker(LinkLoads& loads, std::uint64_t seed) : loads_(loads), words_(seed) {}

    /// Down from where the loads are, until many changes in a row have not helped.
    void descend() {
        LinkLoads::Cost cost = loads_.cost();
        const std::size_t patience = std::clamp<std::size_t>(8 * loads_.slots().size(), 512, 4096);
        for (std::size_t in_vain = 0; in_vain < patience; ++in_vain) {
            // Most changes elsewhere do nothing for what takes longest; but all of them can, where no one rank is to blame.
            const std::optional<Change> change = draw_change(in_vain % 4 != 3 ? loads_.busiest_rank() : -1);
            if (!change) continue;
            change->make(loads_);
            const LinkLoads::Cost now = loads_.cost();
            if (now < cost) {
                cost = now;
                in_vain = 0;
            } else {
                change->take_back(loads_);
            }
        }
    }

    /// Some changes, whatever they do.
    void shake(std::size_t changes) {
        for (std::size_t i = 0; i < changes; ++i)
            if (const std::optional<Change> change = draw_change(-1)) change->make(loads_);
    }

    std::size_t many_changes() { return 2 + below(2 + loads_.slots().size() / 32); }
    std::size_t few_changes() { return 1 + below(2); }

private:
    /// By integer arithmetic of its own: the standard's distributions differ between libraries, its engine does not.
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(((words_() >> 32) * std::uint64_t{bound}) >> 32); }

    /// A slot of this rank, or any for -1.
    std::size_t draw_slot(int rank) {
        const std::size_t of_rank = loads_.slots().size() / static_cast<std::size_t>(loads_.ranks());
        return rank < 0 ? below(loads_.slots().size()) : static_cast<std::size_t>(rank) * of_rank + below(of_rank);
    }

    /// Nothing where what was drawn is no change, or would leave an expert without a slot or a rank with two of one.
    std::optional<Change> draw_change(int rank) {
        Change change;
        change.slot = draw_slot(rank);
        change.before = loads_.slots()[change.slot];
        change.is_swap = loads_.copies_of(change.before) < 2 || below(2) == 0;
        change.other = below(loads_.slots().size());
        change.after = loads_.slots()[change.other];
        const int here = loads_.rank_of(change.slot), there = loads_.rank_of(change.other);
        if (change.before == change.after || loads_.has_on(here, change.after)) return {};
        if (change.is_swap && (here == there || loads_.has_on(there, change.before))) return {};
        return change;
    }

    LinkLoads& loads_;
    std::mt19937_64 words_;
};

}  // namespace

SlotSearchResult search_slots(const std::vector<ProvenSlots>& starts, LinkLoads& loads, const SlotSearch& search) {
    SlotSearchResult result;
    result.best = *std::min_element(starts.begin(), starts.end(),
                                    [](const ProvenSlots& a, const ProvenSlots& b) { return a.time < b.time; });
    Walker walker(loads, search.seed);
    const int most_rounds = search.simulations * 4;  // those that end where they began need no proof
    bool trusts_loads = true;  // not where an algorithm moves something else than S(i,k): then small steps are proven as they are
    for (int round = 0; round < most_rounds && result.simulations < search.simulations; ++round) {
        const bool is_first = static_cast<std::size_t>(round) < starts.size();
        const ExpertSlots from = is_first ? starts[static_cast<std::size_t>(round)].slots : result.best.slots;
        loads.set(from);
        if (!is_first) walker.shake(trusts_loads ? walker.many_changes() : walker.few_changes());
        if (is_first || trusts_loads) walker.descend();
        if (loads.slots() == from) continue;
        const double time = search.prove(loads.slots());
        ++result.simulations;
        // What has just worked is tried again.
        if (!is_first && time >= result.best.time) trusts_loads = !trusts_loads;
        if (time < result.best.time) result.best = {loads.slots(), time};
        if (search.progress) search.progress(static_cast<double>(result.simulations) / search.simulations);
    }
    return result;
}

}  // namespace tokenyard
