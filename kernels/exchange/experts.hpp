// SPDX-License-Identifier: Apache-2.0
// Experts that change nothing but the scale: what an exchange can be checked with.
#pragma once

#include "formats/number_formats.hpp"

#include <cuda_runtime.h>

namespace tokenyard::gpu {

/// rows x hidden elements times `scale`, rounded to bf16; exact for powers of two. In place.
void scale_rows(Bf16* values, int rows, int hidden, float scale, cudaStream_t stream);

/// What permute_to_fp8 has packed, as bf16 times `scale`: bf16(code x its block's scale x scale).
void scale_rows_fp8(const Fp8* codes, const float* scales, int rows, int hidden, float scale, Bf16* values, cudaStream_t stream);

}  // namespace tokenyard::gpu
