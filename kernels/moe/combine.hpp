// SPDX-License-Identifier: Apache-2.0
// The end of an MoE layer: each token becomes the weighted sum of what its experts made of it.
#pragma once

#include "formats/number_formats.hpp"

#include <cuda_runtime.h>

#include <cstdint>

namespace tokenyard::gpu {

/// combined[t] = sum over j of weights[t, j] x results[rows[t, j]], summed in fp32 in the order of j, rounded to bf16 once.
/// A row of -1 (a dropped copy) adds nothing, whatever its weight; a token without copies becomes 0.
///   results: device, any number of rows x hidden;  rows: device, tokens x k (Layout::row_of_copy);  combined: tokens x hidden
///   weights: device, tokens x k, or null for 1 (where results are weighted already)
/// Asynchronous on `stream`, one launch; none for 0 tokens. Fastest where rows are multiples of 16 bytes; any hidden works.
/// Throws std::invalid_argument unless hidden > 0, 1 <= k <= 32.
void combine(const Bf16* results, const std::int32_t* rows, const float* weights, int tokens, int k, int hidden, Bf16* combined,
             cudaStream_t stream);

}  // namespace tokenyard::gpu
