// SPDX-License-Identifier: Apache-2.0
// Which experts each token goes to, and S(i,k) derived from it.
#pragma once

#include "model/rank_matrix.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tokenyard {

/// Token by token: k distinct expert ids and k weights each, tokens of rank 0 first.
struct Routing {
    int experts = 0, experts_per_token = 0;
    std::vector<std::uint32_t> first_token;  // of each rank, and the total at the end
    std::vector<std::uint16_t> expert_ids;   // token x k
    std::vector<float> weights;              // token x k, the router's scores, above 0

    int rank_count() const { return static_cast<int>(first_token.size()) - 1; }
    std::uint32_t token_count() const { return first_token.back(); }
    std::span<const std::uint16_t> experts_of(std::uint32_t token) const {
        const auto k = static_cast<std::size_t>(experts_per_token);
        return std::span(expert_ids).subspan(token * k, k);
    }
    std::span<const float> weights_of(std::uint32_t token) const {
        const auto k = static_cast<std::size_t>(experts_per_token);
        return std::span(weights).subspan(token * k, k);
    }
    bool operator==(const Routing&) const = default;
};

/// Where the experts live: the ranks that hold a copy of each, at least one.
struct ExpertMap {
    std::vector<std::vector<int>> ranks_of_expert;

    /// The copy that a token uses: copies take turns by source rank and token, as no rank knows of the others' load.
    std::size_t copy_for(int expert, int source_rank, std::uint32_t token) const {
        return (static_cast<std::size_t>(source_rank) + token) % ranks_of_expert[static_cast<std::size_t>(expert)].size();
    }
    int rank_for(int expert, int source_rank, std::uint32_t token) const {
        return ranks_of_expert[static_cast<std::size_t>(expert)][copy_for(expert, source_rank, token)];
    }
};

/// Copies by source rank and expert. An expert that several ranks hold has a column for each of them.
struct ExpertTraffic {
    std::vector<int> expert_of, rank_of;  // of each column
    RankMatrix<std::uint32_t> copies;     // source rank x column
};

/// S(i,k) in token copies, and beside it the tokens that need a rank, a node or an island at least once.
struct TokenMatrix {
    RankMatrix<std::uint32_t> copies;             // source rank x destination rank; a row sums to tokens x k
    RankMatrix<std::uint32_t> unique_per_rank;    // source rank x destination rank
    RankMatrix<std::uint32_t> unique_per_node;    // source rank x destination node
    RankMatrix<std::uint32_t> unique_per_island;  // source rank x destination island (Fabric::island_of_each_rank)
};

}  // namespace tokenyard
