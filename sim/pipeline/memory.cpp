// SPDX-License-Identifier: Apache-2.0
#include "pipeline/memory.hpp"

#include "compute/memory.hpp"
#include "workload/place_experts.hpp"

#include <algorithm>

namespace tokenyard {

MemoryUse memory_of(const Case& one, const Fabric& fabric, const Algorithm& algorithm) {
    const auto* tokens = std::get_if<TokenWorkload>(&one.workload.traffic);
    MemoryUse use;
    use.unknown = "found S(i,k) in bytes, which says nothing of the experts; expected a workload with a model";
    if (!tokens) return use;
    const int largest = *std::max_element(tokens->tokens_per_rank.begin(), tokens->tokens_per_rank.end());
    const Model& model = tokens->model;
    const BatchShape batch{one.workload.ranks,      largest,      model.experts,
                           model.experts_per_token, model.hidden, message_of(tokens->dispatch, model.hidden).body()};
    std::vector<Bytes> capacities;
    for (int rank = 0; rank < one.workload.ranks; ++rank) capacities.push_back(fabric.gpu_model(rank).memory);
    return memory_use(*tokens, slots_of_ranks(*tokens), capacities, algorithm.buffers(batch, fabric, in_effect(one.costs)));
}

}  // namespace tokenyard
