// SPDX-License-Identifier: Apache-2.0
// The gate of an MoE layer: logits become the ids and weights of each token's experts.
#pragma once

#include "formats/number_formats.hpp"
#include "moe/router_table.hpp"

#include <cuda_runtime.h>

#include <cstdint>

namespace tokenyard::gpu {

enum class Scores { softmax, sigmoid };

struct GateShape {
    RouterShape router;  // at most 1,024 experts in at most 64 groups
    Scores scores = Scores::softmax;
    bool is_normalised = false;  // divide a token's weights by their sum
    float weight_scale = 1;      // multiply them by this at the end
};

/// Throws std::invalid_argument for what `check(RouterShape)` or the limits above refuse.
void check(const GateShape& shape);

/// Each token's k best experts, best first, inside its best groups, a group being as good as its best expert.
///   score_e = softmax(logits)_e or 1 / (1 + exp(-logit_e));  choice_e = score_e + bias_e;  weight_e = score_e
///   with is_normalised: weight / sum of the token's weights, 0 where that sum is 0; then times weight_scale
/// Without a bias the order is that of the logits themselves, so scores that rounding made equal do not tie. What ties goes to
/// the lower id. The bias chooses and does not weigh (DeepSeek-V3, arXiv 2412.19437, section 2.1.2; there a group is as good as
/// its two best experts, here as its best one, as in the simulator's routing).
///   logits: device, tokens x experts, fp32 or bf16, not NaN;  bias: device, one an expert, or null
///   expert_ids, expert_weights: device, tokens x experts_per_token
/// Asynchronous on `stream`; nothing to do for 0 tokens.
void gate_topk(const GateShape& shape, const float* logits, const float* bias, int tokens, std::int32_t* expert_ids,
               float* expert_weights, cudaStream_t stream);
void gate_topk(const GateShape& shape, const Bf16* logits, const float* bias, int tokens, std::int32_t* expert_ids,
               float* expert_weights, cudaStream_t stream);

}  // namespace tokenyard::gpu
