// SPDX-License-Identifier: Apache-2.0
#include "exchange/experts.hpp"

#include "cuda/launch.hpp"
#include "cuda/vectors.cuh"
#include "moe/permute.hpp"

namespace tokenyard::gpu {
namespace {

constexpr unsigned threads = 256;

/// Exact. Subnormal codes are steps of 2^-9; the others have an exponent with a bias of 7, fp32's is 127.
__device__ float float_from(Fp8 code) {
    const int exponent = code.bits >> 3 & 15, fraction = code.bits & 7;
    const float size =
        exponent == 0 ? static_cast<float>(fraction) * (1.0f / 512) : __int_as_float((exponent + 120) << 23 | fraction << 20);
    return code.bits & 0x80 ? -size : size;
}

__global__ void __launch_bounds__(threads) scale_all(Bf16* values, std::size_t count, float scale) {
    const std::size_t at = std::size_t{blockIdx.x} * threads + threadIdx.x;
    if (at < count) values[at] = bf16_from(as_float(values[at]) * scale);
}

__global__ void __launch_bounds__(threads)
    scale_codes(const Fp8* codes, const float* scales, std::size_t count, int hidden, int blocks, float scale, Bf16* values) {
    const std::size_t at = std::size_t{blockIdx.x} * threads + threadIdx.x;
    if (at >= count) return;
    const std::size_t row = at / static_cast<std::size_t>(hidden), column = at % static_cast<std::size_t>(hidden);
    values[at] = bf16_from(float_from(codes[at]) * scales[row * static_cast<std::size_t>(blocks) + column / scale_block] * scale);
}

std::size_t elements(int rows, int hidden) { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(hidden); }

}  // namespace

void scale_rows(Bf16* values, int rows, int hidden, float scale, cudaStream_t stream) {
    launch(scale_all, {blocks_of<std::size_t>(elements(rows, hidden), threads), threads}, stream, values, elements(rows, hidden),
           scale);
}

void scale_rows_fp8(const Fp8* codes, const float* scales, int rows, int hidden, float scale, Bf16* values, cudaStream_t stream) {
    launch(scale_codes, {blocks_of<std::size_t>(elements(rows, hidden), threads), threads}, stream, codes, scales,
           elements(rows, hidden), hidden, scales_for(hidden), scale, values);
}

}  // namespace tokenyard::gpu
