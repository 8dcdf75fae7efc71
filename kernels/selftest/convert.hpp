// SPDX-License-Identifier: Apache-2.0
// The GPU's own conversions, an element a thread, for the self-test.
#pragma once

#include "formats/number_formats.hpp"

#include <cuda_runtime.h>

#include <cstddef>

namespace tokenyard::gpu {

/// bf16[i] and fp8[i] of values[i]. Pre: an even count.
void convert(const float* values, std::size_t count, Bf16* bf16, Fp8* fp8, cudaStream_t stream);

}  // namespace tokenyard::gpu
