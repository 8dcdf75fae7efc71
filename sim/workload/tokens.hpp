// SPDX-License-Identifier: Apache-2.0
// Which experts each token goes to, without holding them all at once.
#pragma once

#include "model/routing.hpp"
#include "model/workload.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tokenyard {

class ExpertSampler;

/// Tokens of every rank: drawn when they are asked for, or out of a routing that is stored. Any rank's can be asked for in
/// any order and on any thread, and are always the same.
class Tokens {
public:
    /// Those of a routing, which is kept by reference.
    Tokens(const Routing& routing);
    Tokens(Routing&&) = delete;
    /// Those of a workload: a function of it and the seed alone. A trace's routing is kept by reference.
    /// Pre: workload.tokens_per_rank has one entry a rank.
    Tokens(const TokenWorkload& workload, std::uint64_t seed);
    Tokens(TokenWorkload&&, std::uint64_t) = delete;
    /// The same with these weights for the experts, whatever the workload says of them.
    Tokens(const TokenWorkload& workload, const std::vector<std::uint32_t>& weights, std::uint64_t seed);

    int rank_count() const { return static_cast<int>(first_token_.size()) - 1; }
    int experts() const { return experts_; }
    int experts_per_token() const { return experts_per_token_; }
    /// Of each rank in the order of ranks, and the total at the end.
    const std::vector<std::uint32_t>& first_token() const { return first_token_; }
    std::uint32_t count(int rank) const {
        return first_token_[static_cast<std::size_t>(rank) + 1] - first_token_[static_cast<std::size_t>(rank)];
    }

    /// The experts of `count` tokens of a rank from its `first` one on, k each. `room` is where they are drawn, if they are.
    std::span<const std::uint16_t> experts_of(int rank, std::uint32_t first, std::uint32_t count,
                                              std::vector<std::uint16_t>& room) const;

private:
    int experts_ = 0, experts_per_token_ = 0;
    std::vector<std::uint32_t> first_token_;
    const Routing* stored_ = nullptr;
    std::shared_ptr<const ExpertSampler> sampler_;  // where nothing is stored
    std::uint64_t seed_ = 0;
};

/// The popularity that experts are drawn by, one whole number an expert; none for a trace.
std::vector<std::uint32_t> popularity_of(const TokenWorkload& workload, std::uint64_t seed);

/// How many tokens ask for each expert.
std::vector<std::uint64_t> copies_of_each_expert(const Tokens& tokens, int threads = 0);

}  // namespace tokenyard
