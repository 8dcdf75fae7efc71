// SPDX-License-Identifier: Apache-2.0
#include "model/placement.hpp"

#include <algorithm>
#include <cassert>

namespace tokenyard {

ExpertMap expert_map_of(const ExpertSlots& slots, int experts, int ranks) {
    assert(slots.size() % static_cast<std::size_t>(ranks) == 0);
    const std::size_t of_rank = slots.size() / static_cast<std::size_t>(ranks);
    ExpertMap map{std::vector<std::vector<int>>(static_cast<std::size_t>(experts))};
    for (std::size_t slot = 0; slot < slots.size(); ++slot)
        map.ranks_of_expert[static_cast<std::size_t>(slots[slot])].push_back(static_cast<int>(slot / of_rank));
    return map;
}

PlacementSummary summary_of(const PlacementReport& report, std::size_t row, bool of_next) {
    PlacementSummary summary;
    for (const LayerPlacement& layer : report.layers) {
        const Seconds time = of_next ? layer.rows[row].next->time : layer.rows[row].planned.time;
        summary.worst = std::max(summary.worst, time);
        summary.mean += time / static_cast<double>(report.layers.size());
    }
    return summary;
}

}  // namespace tokenyard
