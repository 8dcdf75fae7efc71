// SPDX-License-Identifier: Apache-2.0
#include "moe/gate_topk.hpp"

#include <stdexcept>

namespace tokenyard::gpu {

void check(const GateShape& shape) {
    check(shape.router);
    constexpr int most_experts = 1024;  // 32 in the registers of each lane
    constexpr int most_groups = 64;     // a bit each
    if (shape.router.experts > most_experts)
        throw std::invalid_argument("found " + std::to_string(shape.router.experts) + " experts; expected at most " +
                                    std::to_string(most_experts) + " for the gate");
    if (shape.router.expert_groups > most_groups)
        throw std::invalid_argument("found " + std::to_string(shape.router.expert_groups) + " expert groups; expected at most " +
                                    std::to_string(most_groups) + " for the gate");
}

}  // namespace tokenyard::gpu
