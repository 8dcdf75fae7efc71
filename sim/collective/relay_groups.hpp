// SPDX-License-Identifier: Apache-2.0
// Which tokens a gateway of the two-level exchange forwards together.
#pragma once

#include "model/fabric.hpp"
#include "model/routing.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace tokenyard {

/// Groups of homes that a gateway forwards one after another, where it serves more islands than that. DeepEP v1.2.1
/// (csrc/kernels/internode.cu, forwarders) sends on chunks of whatever has arrived, on each channel over all source nodes in
/// turn, and so does not wait for one source in particular. A forward for each of them would be N^2 steps more, 268 million at
/// 16,384 ranks. What it changes is measured in tests/collective/relay_groups_test.cpp.
inline constexpr int most_forward_groups = 16;

/// What NVLink joins: a node, or several of them in a larger domain.
class Islands {
public:
    Islands(const Fabric& fabric, int ranks);

    std::size_t count() const { return ranks_of_island_.size(); }
    std::size_t of(int rank) const { return static_cast<std::size_t>(island_of_rank_[static_cast<std::size_t>(rank)]); }
    const std::vector<int>& ranks(std::size_t island) const { return ranks_of_island_[island]; }

    /// The GPU with the same place in that island as `home` has in its own; in proportion where one has more GPUs.
    int gateway(int home, std::size_t island) const;

private:
    std::vector<int> island_of_rank_;
    std::vector<std::vector<int>> ranks_of_island_;
};

/// The homes of other islands whose tokens the gateways of `island` forward together: each gateway's, whichever has fewest
/// tokens for the island first, in `most` groups of nearly equal count. Under fair sharing the smallest stream arrives first.
/// Homes without tokens for it are in none. Pre: most > 0; tokens_of_home has one entry a rank.
std::vector<std::vector<int>> forward_groups(const Islands& islands, const std::vector<std::uint32_t>& tokens_of_home,
                                             std::size_t island, int most);

/// What homes have for a few islands and their ranks, side by side: down a column of the whole table each step is a cache miss.
struct CountsOfIslands {
    std::size_t first_island = 0;
    int first_rank = 0;
    RankMatrix<std::uint32_t> per_island, per_rank;  // home x island, home x rank
};
CountsOfIslands columns_of(const TokenMatrix& counts, const Islands& islands, std::size_t first, std::size_t end);

/// What a gateway forwards as one: the tokens of one home, or of a group of them.
struct Forward {
    std::vector<double> tokens;  // for each rank of the gateway's island
    double distinct = 0;         // for the island
};

/// The tokens of all homes, by what their gateways forward.
class TokensOfHomes {
public:
    /// Counts and islands are kept by reference.
    TokensOfHomes(const TokenMatrix& counts, const Islands& islands, int most_groups)
        : counts_(counts),
          islands_(islands),
          most_groups_(most_groups),
          window_{0, 0, counts.unique_per_island, counts.unique_per_rank} {}

    std::uint32_t tokens_for(int home, std::size_t island) const {
        return window_.per_island.at(home, static_cast<int>(island - window_.first_island));
    }
    std::uint32_t tokens_for_rank(int home, int rank) const { return window_.per_rank.at(home, rank - window_.first_rank); }
    Forward forward_of(std::span<const int> homes, std::size_t island) const;

    /// Calls visit(homes, island) for the homes that have tokens for an island: one at a time or, with more islands than
    /// groups, in the groups that its gateways forward together, and those of the island itself apart. With more islands than
    /// groups, only tokens for that island can be asked for meanwhile.
    void for_each_group(const std::function<void(std::span<const int> homes, std::size_t island)>& visit);

private:
    const TokenMatrix& counts_;
    const Islands& islands_;
    int most_groups_;
    CountsOfIslands window_;
};

}  // namespace tokenyard
