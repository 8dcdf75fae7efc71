// Which tokens a gateway of the two-level exchange forwards together.
#pragma once

#include "model/fabric.hpp"
#include "model/routing.hpp"

#include <cstdint>
#include <vector>

namespace tokenyard {

/// Groups of homes that a gateway forwards one after another, where it serves more islands than that. DeepEP v1.2.1
/// (csrc/kernels/internode.cu, forwarders) sends on chunks of whatever has arrived, on each channel over all source nodes in
/// turn, and so does not wait for one source in particular. A forward for each of them would be N^2 steps more, 268 million at
/// 16,384 ranks. What it changes is measured in tests/collective/two_level_groups_test.cpp.
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

}  // namespace tokenyard
