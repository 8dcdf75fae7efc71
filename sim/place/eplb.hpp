// SPDX-License-Identifier: Apache-2.0
// EPLB's greedy: which expert each slot of each GPU holds, from the load of every expert.
#pragma once

#include <vector>

namespace tokenyard {

/// Slots are spread evenly: GPU g owns slots g * slots / gpus up to the next GPU's, node n owns GPUs likewise.
struct EplbShape {
    int slots = 1;   ///< copies of experts in all, redundant ones included
    int groups = 1;  ///< of neighbouring experts, which the hierarchical policy keeps on one node
    int nodes = 1;
    int gpus = 1;
};

/// physical_to_logical: the expert in each slot. Where groups divide by nodes the policy is hierarchical (groups to nodes,
/// copies within a node, copies to its GPUs), else global (the same with one group and one node). Each step is greedy:
///   pack: heaviest first, to the least loaded bin with room;  copy: one more of the largest load / copies.
/// The first of equals is taken. As in EPLB, a GPU may get two copies of one expert.
/// Pre: gpus divides slots, nodes divides gpus, groups divides the experts, and slots >= experts > 0.
/// Source: DeepSeek, github.com/deepseek-ai/EPLB, README "The Algorithm".   Checked in tests/place/eplb_test.cpp.
std::vector<int> eplb_greedy(const std::vector<double>& load_of_expert, EplbShape shape);

}  // namespace tokenyard
