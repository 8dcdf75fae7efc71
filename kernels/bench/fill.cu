// SPDX-License-Identifier: Apache-2.0
#include "bench/fill.hpp"

#include "cuda/launch.hpp"
#include "cuda/vectors.cuh"

namespace tokenyard::gpu {
namespace {

constexpr unsigned threads = 256;

/// The finaliser of MurmurHash3 (A. Appleby, public domain): every bit of the index moves every bit of the result.
__device__ std::uint32_t mixed(std::uint32_t bits) {
    bits = (bits ^ bits >> 16) * 0x85EBCA6B;
    bits = (bits ^ bits >> 13) * 0xC2B2AE35;
    return bits ^ bits >> 16;
}

__device__ void store(float* to, float value) { *to = value; }
__device__ void store(Bf16* to, float value) { *to = bf16_from(value); }
__device__ void store(Fp8* to, float value) { to->bits = static_cast<std::uint8_t>(fp8_pair_from(value, 0) & 0xff); }

template <class Value>
__global__ void __launch_bounds__(threads) fill(Value* values, std::size_t count, std::uint32_t seed) {
    const std::size_t at = std::size_t{blockIdx.x} * threads + threadIdx.x;
    if (at >= count) return;
    const std::uint32_t bits = mixed(static_cast<std::uint32_t>(at) ^ mixed(seed + static_cast<std::uint32_t>(at >> 32)));
    store(values + at, (static_cast<float>(bits >> 8) + 0.5f) * (2.0f / 16777216) - 1);
}

__global__ void nothing() {}

template <class Value>
void fill_any(Value* values, std::size_t count, std::uint32_t seed, cudaStream_t stream) {
    launch(fill<Value>, {blocks_of<std::size_t>(count, threads), threads}, stream, values, count, seed);
}

}  // namespace

void fill_random(Bf16* values, std::size_t count, std::uint32_t seed, cudaStream_t stream) {
    fill_any(values, count, seed, stream);
}
void fill_random(float* values, std::size_t count, std::uint32_t seed, cudaStream_t stream) {
    fill_any(values, count, seed, stream);
}
void fill_random(Fp8* values, std::size_t count, std::uint32_t seed, cudaStream_t stream) {
    fill_any(values, count, seed, stream);
}
void launch_nothing(cudaStream_t stream) { launch(nothing, {1, warp_lanes}, stream); }

}  // namespace tokenyard::gpu
