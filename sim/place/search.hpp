// SPDX-License-Identifier: Apache-2.0
// Local search for slots: many changes are tried on the loads of links, few are proven by whoever knows the real time.
#pragma once

#include "place/link_loads.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace tokenyard {

/// Slots, and how long they really take.
struct ProvenSlots {
    ExpertSlots slots;
    double time = 0;
};

struct SlotSearch {
    int simulations = 0;     // at most so many calls of `prove`
    std::uint64_t seed = 1;  // of everything that is drawn
    std::function<double(const ExpertSlots&)> prove;
    std::function<void(double)> progress;  // may be empty
};

/// The best slots found. From each start, then from the best so far with some random changes, it descends: swaps the experts of
/// two slots, or gives the slot of an expert with several copies to another expert, as long as LinkLoads::Cost falls; then proves
/// where it got to, and goes on from there where that really takes less time. It never gives two slots of one rank to an expert
/// anew. The same for the same arguments on every machine. Pre: starts is not empty; all have the same number of slots.
struct SlotSearchResult {
    ProvenSlots best;  // never slower than the fastest start
    int simulations = 0;
};
SlotSearchResult search_slots(const std::vector<ProvenSlots>& starts, LinkLoads& loads, const SlotSearch& search);

}  // namespace tokenyard
