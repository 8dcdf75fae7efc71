// SPDX-License-Identifier: Apache-2.0
// How popular each expert is, as whole numbers, and the thresholds that draw experts in that proportion.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard::gpu {

/// The most experts of a token in any kernel here: one lane of a warp looks after each.
constexpr int most_experts_per_token = 32;

struct RouterShape {
    int experts = 0, experts_per_token = 0;
    int expert_groups = 1, groups_per_token = 1;  // 1 and 1: no limit
};

/// Throws std::invalid_argument unless the groups divide the experts and `experts_per_token`, at most 32, fit into the groups.
void check(const RouterShape& shape);

struct RouterTable {
    RouterShape shape;
    std::vector<std::uint32_t> weights;     // one an expert
    std::vector<std::uint64_t> thresholds;  // experts + 1: floor(2^32 x sum of the weights before / sum of all)
};

/// Throws std::invalid_argument unless there is a weight for each expert and they sum to more than 0 and less than 2^32.
RouterTable make_router_table(const RouterShape& shape, const std::vector<std::uint32_t>& weights);

/// What the simulator gives `experts` experts that are all alike.
std::vector<std::uint32_t> uniform_weights(int experts);

/// One whole number a line, as `tokenyard predict --popularity-out` writes it; `#` starts a comment. `name` is for messages.
/// Throws std::invalid_argument, "name:line: error: found X; expected Y".
std::vector<std::uint32_t> weights_from_text(const std::string& text, const std::string& name);

}  // namespace tokenyard::gpu
