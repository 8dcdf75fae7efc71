// SPDX-License-Identifier: Apache-2.0
#include "workload/skew.hpp"

#include "workload/place_experts.hpp"
#include "workload/popularity.hpp"
#include "workload/tokens.hpp"

#include <algorithm>
#include <numeric>

namespace tokenyard {
namespace {

constexpr double largest_sigma = 60;      // beyond it the busiest rank has every token that it can hold
constexpr int bisections = 24;            // of [0, 60]: to 4e-6, far below what sampling leaves
constexpr int most_tokens_tried = 65536;  // in all; leaves about 0.5 % of noise in a rank's share

/// Pre: every expert has one rank.
double receive_skew(const TokenWorkload& workload, const ExpertMap& experts, const std::vector<std::uint32_t>& weights,
                    std::uint64_t seed) {
    const std::vector<std::uint64_t> copies = copies_of_each_expert(Tokens(workload, weights, seed));
    std::vector<double> received(workload.tokens_per_rank.size());
    for (std::size_t expert = 0; expert < copies.size(); ++expert)
        received[static_cast<std::size_t>(experts.ranks_of_expert[expert].front())] += static_cast<double>(copies[expert]);
    const double total = std::accumulate(received.begin(), received.end(), 0.0);
    return total > 0 ? *std::max_element(received.begin(), received.end()) * static_cast<double>(received.size()) / total : 1;
}

/// A sample of each rank's tokens, so that forty tries take less than one full routing of a large batch.
TokenWorkload sample_of(TokenWorkload workload) {
    const double total = std::accumulate(workload.tokens_per_rank.begin(), workload.tokens_per_rank.end(), 0.0);
    const double part = std::min(1.0, most_tokens_tried / std::max(total, 1.0));
    for (int& tokens : workload.tokens_per_rank) tokens = tokens > 0 ? std::max(1, static_cast<int>(tokens * part)) : 0;
    if (std::holds_alternative<RedundantPlacement>(workload.placement)) workload.placement = ContiguousPlacement{};
    return workload;
}

}  // namespace

std::vector<std::uint32_t> popularity_with_skew(double max_over_mean, const TokenWorkload& workload, std::uint64_t seed) {
    const TokenWorkload sample = sample_of(workload);
    const ExpertMap experts = place_experts(sample, {});
    const auto weights_at = [&](double sigma) {
        return rank_lognormal_popularity(sigma, experts, static_cast<int>(workload.tokens_per_rank.size()), seed);
    };
    double low = 0, high = largest_sigma;
    for (int i = 0; i < bisections; ++i) {
        const double middle = (low + high) / 2;
        (receive_skew(sample, experts, weights_at(middle), seed) < max_over_mean ? low : high) = middle;
    }
    return weights_at(high);
}

}  // namespace tokenyard
