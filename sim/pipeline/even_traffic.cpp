// SPDX-License-Identifier: Apache-2.0
#include "pipeline/even_traffic.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

namespace tokenyard {
namespace {

using Counts = RankMatrix<std::uint32_t>;

/// Whole parts of `whole`, in proportion to `weights` and adding up to it. `first` gets the first part: who gets one more
/// than another one changes with it.
std::vector<double> parts_of(double whole, const std::vector<double>& weights, std::size_t first) {
    const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<double> parts(weights.size());
    double before = 0, given = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const std::size_t place = (first + i) % weights.size();
        before += weights[place];
        const double up_to = std::floor(whole * before / all);
        parts[place] = up_to - given;
        given = up_to;
    }
    return parts;
}

/// How many ranks each node or island has.
std::vector<double> sizes(const std::vector<int>& of_rank) {
    std::vector<double> sizes(static_cast<std::size_t>(of_rank.back()) + 1);
    for (const int group : of_rank) ++sizes[static_cast<std::size_t>(group)];
    return sizes;
}

/// Every row spread over the columns in proportion to `weights`.
Counts spread(const Counts& counts, const std::vector<double>& weights) {
    Counts even(counts.rows(), counts.columns());
    for (int row = 0; row < counts.rows(); ++row) {
        const std::span<const std::uint32_t> before = counts.row(row);
        const std::vector<double> parts =
            parts_of(std::accumulate(before.begin(), before.end(), 0.0), weights, static_cast<std::size_t>(row) % weights.size());
        const std::span<std::uint32_t> after = even.own_row(row);
        std::transform(parts.begin(), parts.end(), after.begin(), [](double part) { return static_cast<std::uint32_t>(part); });
    }
    return even;
}

/// No more tokens for a rank than for its island, no fewer copies than tokens, and no token for an island without a rank in
/// it: what rounding may have broken.
void keep_in_order(TokenMatrix& tokens, const std::vector<int>& island_of_rank) {
    for (int source = 0; source < tokens.copies.rows(); ++source) {
        const std::span<std::uint32_t> ranks = tokens.unique_per_rank.own_row(source),
                                       islands = tokens.unique_per_island.own_row(source);
        std::vector<std::uint32_t> in_island(islands.size());
        for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
            const auto island = static_cast<std::size_t>(island_of_rank[rank]);
            ranks[rank] = std::min({ranks[rank], tokens.copies.row(source)[rank], islands[island]});
            in_island[island] += ranks[rank];
        }
        for (std::size_t island = 0; island < islands.size(); ++island)
            islands[island] = std::min(islands[island], in_island[island]);
    }
}

VolumeMatrix spread(const VolumeMatrix& volumes) {
    VolumeMatrix even(volumes.rows(), volumes.columns());
    for (int row = 0; row < volumes.rows(); ++row) {
        std::vector<double> weights(static_cast<std::size_t>(volumes.columns()), 1);
        weights[static_cast<std::size_t>(row)] = 0;
        Bytes whole;
        for (int column = 0; column < volumes.columns(); ++column)
            if (column != row) whole += volumes.at(row, column);
        if (volumes.rows() > 1) {
            const std::vector<double> parts = parts_of(in_bytes(whole), weights, static_cast<std::size_t>(row));
            for (int column = 0; column < volumes.columns(); ++column)
                even.at(row, column) = bytes(parts[static_cast<std::size_t>(column)]);
        }
        even.at(row, row) = volumes.at(row, row);
    }
    return even;
}

/// The same traffic with other counts.
Traffic with_counts(const Traffic& traffic, const TokenMatrix& counts) {
    const auto volumes = [&](const Exchange& exchange) { return VolumeMatrix(counts.copies, exchange.tokens->message.total()); };
    const auto tokens = [&](const Exchange& exchange) {
        return ExchangedTokens{counts, exchange.tokens->message, exchange.tokens->experts_per_token, exchange.tokens->experts};
    };
    return {{Direction::dispatch, volumes(traffic.dispatch), tokens(traffic.dispatch)},
            {Direction::combine, transpose(volumes(traffic.combine)), tokens(traffic.combine)}};
}

}  // namespace

Traffic evenly_spread(const Traffic& traffic, const Fabric& fabric) {
    const int ranks = traffic.dispatch.volumes.rows();
    if (!traffic.dispatch.tokens) {
        const VolumeMatrix even = spread(traffic.dispatch.volumes);
        return {{Direction::dispatch, even, {}}, {Direction::combine, transpose(even), {}}};
    }
    const auto of_ranks = [&](std::vector<int> of_rank) {
        of_rank.resize(static_cast<std::size_t>(ranks));
        return of_rank;
    };
    const std::vector<int> nodes = of_ranks(fabric.node_of_each_rank()), islands = of_ranks(fabric.island_of_each_rank());
    const std::vector<double> alike(static_cast<std::size_t>(ranks), 1);
    const TokenMatrix& counts = traffic.dispatch.tokens->counts;
    TokenMatrix even{spread(counts.copies, alike), spread(counts.unique_per_rank, alike),
                     spread(counts.unique_per_node, sizes(nodes)), spread(counts.unique_per_island, sizes(islands))};
    keep_in_order(even, islands);
    return with_counts(traffic, even);
}

Traffic merged_by_rank(const Traffic& traffic) {
    TokenMatrix counts = traffic.dispatch.tokens->counts;
    counts.copies = counts.unique_per_rank;
    return with_counts(traffic, counts);
}

}  // namespace tokenyard
