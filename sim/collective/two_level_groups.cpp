#include "collective/two_level_groups.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tokenyard {

Islands::Islands(const Fabric& fabric, int ranks) : island_of_rank_(fabric.island_of_each_rank()) {
    ranks_of_island_.resize(of(ranks - 1) + 1);
    for (int rank = 0; rank < ranks; ++rank) ranks_of_island_[of(rank)].push_back(rank);
}

int Islands::gateway(int home, std::size_t island) const {
    if (island == of(home)) return home;
    const std::vector<int>&here = ranks_of_island_[of(home)], &there = ranks_of_island_[island];
    const auto place = static_cast<std::size_t>(home - here.front());
    return there[here.size() == there.size() ? place : place * there.size() / here.size()];
}

std::vector<std::vector<int>> forward_groups(const Islands& islands, const RankMatrix<std::uint32_t>& tokens, std::size_t island,
                                             int most) {
    assert(most > 0);
    std::vector<std::vector<std::pair<std::uint32_t, int>>> homes_of_gateway(islands.ranks(island).size());
    for (int home = 0; home < tokens.rows(); ++home) {
        const std::uint32_t count = tokens.at(home, static_cast<int>(island));
        if (count == 0 || islands.of(home) == island) continue;
        const int place = islands.gateway(home, island) - islands.ranks(island).front();
        homes_of_gateway[static_cast<std::size_t>(place)].emplace_back(count, home);
    }
    std::vector<std::vector<int>> groups;
    for (std::vector<std::pair<std::uint32_t, int>>& homes : homes_of_gateway) {
        std::sort(homes.begin(), homes.end());
        const std::size_t count = std::min(homes.size(), static_cast<std::size_t>(most));
        for (std::size_t group = 0; group < count; ++group) {
            std::vector<int>& added = groups.emplace_back();
            for (std::size_t i = homes.size() * group / count; i < homes.size() * (group + 1) / count; ++i)
                added.push_back(homes[i].second);
        }
    }
    return groups;
}

}  // namespace tokenyard
