// The door of the workload stage: a workload becomes routing, token by token, and S(i,k).
#pragma once

#include "model/routing.hpp"
#include "model/workload.hpp"

#include <vector>

namespace tokenyard {

/// Which experts each token goes to. A function of the workload and the seed alone.
/// Pre: workload.tokens_per_rank has one entry a rank.
Routing make_routing(const TokenWorkload& workload, std::uint64_t seed);

/// The experts' popularity that `make_routing` draws by, as whole numbers; none for a recorded routing.
std::vector<std::uint32_t> popularity_of(const TokenWorkload& workload, std::uint64_t seed);

/// Which ranks hold each expert. `routing` decides which experts a redundant placement copies.
ExpertMap place_experts(const TokenWorkload& workload, const Routing& routing);

/// S(i,k) and its unique counts. Nodes and islands have one entry a rank, and numbers that only grow.
TokenMatrix make_token_matrix(const Routing& routing, const ExpertMap& experts, const std::vector<int>& node_of_rank,
                              const std::vector<int>& island_of_rank);

/// Copies for one of a rank's experts.
struct ExpertLoad {
    int expert = 0;
    std::uint32_t copies = 0;
};

/// For each rank its experts with what they receive.
std::vector<std::vector<ExpertLoad>> make_expert_loads(const Routing& routing, const ExpertMap& experts);

/// The `part`-th of `parts` micro-batches: each rank's tokens in even runs.
Routing part_of(const Routing& routing, int part, int parts);

/// S(i,k) in bytes: copies times what one weighs, which is what dispatch moves; combine moves the transpose.
VolumeMatrix volumes_of(const TokenMatrix& tokens, Bytes per_copy);

/// Rows become columns.
VolumeMatrix transpose(const VolumeMatrix& volumes);

}  // namespace tokenyard
