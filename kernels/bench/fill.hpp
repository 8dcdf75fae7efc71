// SPDX-License-Identifier: Apache-2.0
// What the benchmark needs on the device beside the kernels that it measures.
#pragma once

#include "formats/number_formats.hpp"

#include <cstddef>
#include <cstdint>

namespace tokenyard::gpu {

/// Numbers spread evenly over (-1, 1), a function of (seed, index).
void fill_random(Bf16* values, std::size_t count, std::uint32_t seed, cudaStream_t stream);
void fill_random(float* values, std::size_t count, std::uint32_t seed, cudaStream_t stream);
void fill_random(Fp8* values, std::size_t count, std::uint32_t seed, cudaStream_t stream);

/// A kernel of one warp that does nothing: what a launch costs.
void launch_nothing(cudaStream_t stream);

}  // namespace tokenyard::gpu
