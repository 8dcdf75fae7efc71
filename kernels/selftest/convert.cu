// SPDX-License-Identifier: Apache-2.0
#include "selftest/convert.hpp"

#include "cuda/launch.hpp"
#include "cuda/vectors.cuh"

namespace tokenyard::gpu {
namespace {

constexpr unsigned threads = 256;

__global__ void __launch_bounds__(threads)
    convert_pairs(const float* __restrict__ values, std::size_t pairs, Bf16* __restrict__ bf16, Fp8* __restrict__ fp8) {
    const std::size_t pair = std::size_t{blockIdx.x} * threads + threadIdx.x;
    if (pair >= pairs) return;
    const float first = values[2 * pair], second = values[2 * pair + 1];
    bf16[2 * pair] = bf16_from(first);
    bf16[2 * pair + 1] = bf16_from(second);
    const std::uint16_t codes = fp8_pair_from(first, second);
    fp8[2 * pair] = {static_cast<std::uint8_t>(codes & 0xff)};
    fp8[2 * pair + 1] = {static_cast<std::uint8_t>(codes >> 8)};
}

}  // namespace

void convert(const float* values, std::size_t count, Bf16* bf16, Fp8* fp8, cudaStream_t stream) {
    launch(convert_pairs, {blocks_of<std::size_t>(count / 2, threads), threads}, stream, values, count / 2, bf16, fp8);
}

}  // namespace tokenyard::gpu
