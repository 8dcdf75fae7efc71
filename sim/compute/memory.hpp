// SPDX-License-Identifier: Apache-2.0
// The door to memory: what a rank's experts, buffers and all else take of its GPU.
#pragma once

#include "model/memory.hpp"
#include "model/workload.hpp"

#include <vector>

namespace tokenyard {

/// Weights of an expert in all MoE layers: matrices x hidden x the expert's hidden x bits / 8 x layers. Pre: model.expert.
Bytes expert_weights(const Model& model);

/// The fullest rank, by what it holds over what its GPU has:
///   experts = slots x expert_weights, shared = shared experts x expert_weights, total = experts + shared + buffers + other
/// What nobody gives is not in the total, but named. `slots` are each rank's, `capacities` what its GPU has.
/// Pre: both have as many entries as there are ranks, at least one.
MemoryUse memory_use(const TokenWorkload& workload, const std::vector<int>& slots, const std::vector<Bytes>& capacities,
                     const BufferUse& buffers);

}  // namespace tokenyard
