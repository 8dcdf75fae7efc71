// SPDX-License-Identifier: Apache-2.0
#include "collective/relay_groups.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tokenyard {
namespace {

RankMatrix<std::uint32_t> columns(const RankMatrix<std::uint32_t>& table, int first, int end) {
    RankMatrix<std::uint32_t> some(table.rows(), end - first);
    for (int row = 0; row < table.rows(); ++row)
        std::copy_n(table.row(row).begin() + first, end - first, some.own_row(row).begin());
    return some;
}

}  // namespace

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

std::vector<std::vector<int>> forward_groups(const Islands& islands, const std::vector<std::uint32_t>& tokens_of_home,
                                             std::size_t island, int most) {
    assert(most > 0);
    std::vector<std::vector<std::pair<std::uint32_t, int>>> homes_of_gateway(islands.ranks(island).size());
    for (int home = 0; home < static_cast<int>(tokens_of_home.size()); ++home) {
        const std::uint32_t count = tokens_of_home[static_cast<std::size_t>(home)];
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

CountsOfIslands columns_of(const TokenMatrix& counts, const Islands& islands, std::size_t first, std::size_t end) {
    const int first_rank = islands.ranks(first).front(), end_rank = islands.ranks(end - 1).back() + 1;
    return {first, first_rank, columns(counts.unique_per_island, static_cast<int>(first), static_cast<int>(end)),
            columns(counts.unique_per_rank, first_rank, end_rank)};
}

Forward TokensOfHomes::forward_of(std::span<const int> homes, std::size_t island) const {
    const std::vector<int>& ranks = islands_.ranks(island);
    Forward forward{std::vector<double>(ranks.size())};
    for (const int home : homes) {
        forward.distinct += tokens_for(home, island);
        for (std::size_t i = 0; i < ranks.size(); ++i) forward.tokens[i] += tokens_for_rank(home, ranks[i]);
    }
    return forward;
}

void TokensOfHomes::for_each_group(const std::function<void(std::span<const int> homes, std::size_t island)>& visit) {
    const int ranks = counts_.unique_per_island.rows();
    const auto visit_alone = [&](int home, std::size_t island) {
        if (tokens_for(home, island) > 0) visit(std::span<const int>(&home, 1), island);
    };
    if (islands_.count() <= static_cast<std::size_t>(most_groups_) + 1) {
        for (int home = 0; home < ranks; ++home)
            for (std::size_t island = 0; island < islands_.count(); ++island) visit_alone(home, island);
        return;
    }
    constexpr std::size_t islands_at_once = 16;
    std::vector<std::uint32_t> tokens(static_cast<std::size_t>(ranks));  // of each home, for one island
    for (std::size_t island = 0; island < islands_.count(); ++island) {
        if (island % islands_at_once == 0)
            window_ = columns_of(counts_, islands_, island, std::min(island + islands_at_once, islands_.count()));
        for (const int home : islands_.ranks(island)) visit_alone(home, island);
        for (int home = 0; home < ranks; ++home) tokens[static_cast<std::size_t>(home)] = tokens_for(home, island);
        for (const std::vector<int>& homes : forward_groups(islands_, tokens, island, most_groups_))
            visit(std::span<const int>(homes), island);
    }
}

}  // namespace tokenyard
