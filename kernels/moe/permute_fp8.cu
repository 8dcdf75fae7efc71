// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.hpp"
#include "cuda/vectors.cuh"
#include "moe/permute.hpp"
#include "moe/router_table.hpp"
#include "moe/rows.cuh"

#include <cfloat>
#include <cstring>

namespace tokenyard::gpu {
namespace {

constexpr std::uint32_t per_lane = 4;                // pieces of 8 elements: 16 bytes in, 8 bytes out
constexpr int piece = elements_in<uint4>;            // elements
constexpr int lanes_of_block = scale_block / piece;  // 16: half a warp has a block
static_assert(warp_lanes % lanes_of_block == 0 && FLT_MIN == 0x1p-126f);

/// The eight elements from `element` on; what lies beyond the row is 0.
template <bool IsWide>
__device__ void load_piece(const Bf16* row, std::uint32_t element, std::uint32_t hidden, float (&values)[piece]) {
    if constexpr (IsWide) {
        uint4 packed{};
        if (element < hidden) packed = load_once(reinterpret_cast<const uint4*>(row + element));
        unpack(packed, values);
    } else {
#pragma unroll
        for (std::uint32_t i = 0; i < piece; ++i) values[i] = element + i < hidden ? as_float(row[element + i]) : 0;
    }
}

template <bool IsWide>
__device__ void store_piece(Fp8* row, std::uint32_t element, std::uint32_t hidden, uint2 codes) {
    if constexpr (IsWide) {
        if (element < hidden) store_once(reinterpret_cast<uint2*>(row + element), codes);
    } else {
#pragma unroll
        for (std::uint32_t i = 0; i < piece; ++i)
            if (element + i < hidden) row[element + i] = {static_cast<std::uint8_t>((i < 4 ? codes.x : codes.y) >> 8 * (i % 4))};
    }
}

/// Wide rows have their scales at multiples of 4 bytes; behind codes of others a scale may begin anywhere.
template <bool IsWide>
__device__ void store_scale(std::uint8_t* to, float scale) {
    if constexpr (IsWide) {
        store_once(reinterpret_cast<float*>(to), scale);
    } else {
        std::uint8_t bytes[sizeof scale];
        std::memcpy(bytes, &scale, sizeof scale);
#pragma unroll
        for (std::size_t i = 0; i < sizeof scale; ++i) to[i] = bytes[i];
    }
}

/// Of the block that this lane's piece belongs to.
__device__ float scale_of_block(const float (&values)[piece]) {
    float largest = 0;
#pragma unroll
    for (int i = 0; i < piece; ++i) largest = fmaxf(largest, fabsf(values[i]));
#pragma unroll
    for (int distance = lanes_of_block / 2; distance > 0; distance /= 2)
        largest = fmaxf(largest, __shfl_xor_sync(all_lanes, largest, distance));
    return fmaxf(__fdiv_rn(largest, largest_fp8), FLT_MIN);
}

__device__ uint2 cast(const float (&values)[piece], float inverse) {
    std::uint32_t pairs[4];
#pragma unroll
    for (int i = 0; i < 4; ++i)
        pairs[i] = fp8_pair_from(__fmul_rn(values[2 * i], inverse), __fmul_rn(values[2 * i + 1], inverse));
    return make_uint2(pairs[0] | pairs[1] << 16, pairs[2] | pairs[3] << 16);
}

/// Segments count pieces; IsWide: rows are multiples of a piece and aligned to it.
template <bool IsWide>
__global__ void __launch_bounds__(row_warps* warp_lanes)
    cast_rows(const Bf16* __restrict__ in, const std::int32_t* __restrict__ rows, int k, Segments segments, std::uint32_t hidden,
              Fp8Rows out) {
    const std::uint32_t segment = segment_of_warp(), lane = threadIdx.x % warp_lanes;
    if (segment >= segments.count()) return;
    const std::uint32_t row = segments.row(segment), first = segments.vector(segment, per_lane, lane) * piece;
    constexpr std::uint32_t stride = warp_lanes * piece;
    float values[per_lane][piece];
#pragma unroll
    for (std::uint32_t i = 0; i < per_lane; ++i)
        load_piece<IsWide>(in + std::size_t{row} * hidden, first + i * stride, hidden, values[i]);
    const std::int32_t row_of_lane = static_cast<int>(lane) < k ? __ldg(rows + std::size_t{row} * k + lane) : -1;
    uint2 codes[per_lane];
    float scale[per_lane];
#pragma unroll
    for (std::uint32_t i = 0; i < per_lane; ++i) {
        scale[i] = scale_of_block(values[i]);
        codes[i] = cast(values[i], __fdiv_rn(1.0f, scale[i]));
    }
    for (int slot = 0; slot < k; ++slot) {
        const std::int32_t to = __shfl_sync(all_lanes, row_of_lane, slot);
        if (to < 0) continue;
#pragma unroll
        for (std::uint32_t i = 0; i < per_lane; ++i) {
            const std::uint32_t element = first + i * stride;
            store_piece<IsWide>(out.codes + std::size_t(to) * out.code_stride, element, hidden, codes[i]);
            if (lane % lanes_of_block == 0 && element < hidden)
                store_scale<IsWide>(out.scales + std::size_t(to) * out.scale_stride + element / scale_block * sizeof(float),
                                    scale[i]);
        }
    }
}

}  // namespace

void permute_to_fp8(const Bf16* tokens, const std::int32_t* rows, int token_count, int k, int hidden, const Fp8Rows& packed,
                    cudaStream_t stream) {
    if (token_count < 0 || hidden < 1 || k < 1 || k > most_experts_per_token)
        throw std::invalid_argument("found hidden or copies out of range; expected hidden of at least 1 and 1 to " +
                                    std::to_string(most_experts_per_token) + " copies");
    const auto count = static_cast<std::uint32_t>(hidden);
    const Segments segments =
        Segments::of(static_cast<std::uint32_t>(token_count), blocks_of<std::uint32_t>(count, piece), per_lane);
    const bool is_wide = vector_bytes_for(sizeof(Bf16) * count, {tokens}) == 16 &&
                         vector_bytes_for(count | packed.code_stride, {packed.codes}) >= 8 &&
                         vector_bytes_for(packed.scale_stride, {packed.scales}) >= sizeof(float);
    launch(is_wide ? cast_rows<true> : cast_rows<false>, launch_shape_for(segments), stream, tokens, rows, k, segments, count,
           packed);
}

}  // namespace tokenyard::gpu
