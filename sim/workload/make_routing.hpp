// SPDX-License-Identifier: Apache-2.0
// The door of the workload stage: a workload becomes tokens, and these S(i,k), without holding them all at once.
#pragma once

#include "model/routing.hpp"
#include "model/workload.hpp"
#include "workload/tokens.hpp"

#include <vector>

namespace tokenyard {

/// All tokens with the router's scores, as a trace holds them. A function of the workload and the seed alone.
/// Pre: workload.tokens_per_rank has one entry a rank.
Routing make_routing(const TokenWorkload& workload, std::uint64_t seed);

/// The `part`-th of `parts` micro-batches: each rank's tokens in even runs.
struct BatchPart {
    int part = 0, parts = 1;
};

// Tokens come from a workload or a routing (workload/tokens.hpp). What follows goes through them once, rank by rank, on so
// many threads (0: one for each core), and is the same for any number of them.

/// Which ranks hold each expert. What the tokens ask for decides which experts a redundant placement copies.
ExpertMap place_experts(const TokenWorkload& workload, const Tokens& tokens, int threads = 0);

/// S(i,k) and its unique counts. Nodes and islands have one entry a rank, and numbers that only grow.
TokenMatrix make_token_matrix(const Tokens& tokens, const ExpertMap& experts, const std::vector<int>& node_of_rank,
                              const std::vector<int>& island_of_rank, BatchPart part = {}, int threads = 0);

/// Copies for one of a rank's experts.
struct ExpertLoad {
    int expert = 0;
    std::uint32_t copies = 0;

    bool operator==(const ExpertLoad&) const = default;
};

/// For each rank its experts with what they receive.
std::vector<std::vector<ExpertLoad>> make_expert_loads(const Tokens& tokens, const ExpertMap& experts, BatchPart part = {},
                                                       int threads = 0);

/// The copies behind S(i,k), expert by expert.
ExpertTraffic make_expert_traffic(const Tokens& tokens, const ExpertMap& experts, int threads = 0);

/// S(i,k) in bytes: copies times what one weighs, which is what dispatch moves; combine moves the transpose.
VolumeMatrix volumes_of(const TokenMatrix& tokens, Bytes per_copy);

}  // namespace tokenyard
