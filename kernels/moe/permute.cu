// SPDX-License-Identifier: Apache-2.0
#include "moe/permute.hpp"

#include "cuda/launch.hpp"
#include "cuda/vectors.cuh"
#include "moe/router_table.hpp"
#include "moe/rows.cuh"

namespace tokenyard::gpu {
namespace {

constexpr std::uint32_t per_lane = 4;  // 2 KB a warp in flight at 16 bytes: 64 warps of an SM have 128 KB, 40 with a side 80 KB

/// Words of a side row that a lane reads beside the row itself: behind the stores their latency would be added to the life of
/// every fourth warp. 64 scales are those of 8,192 elements; what is beyond is read late.
constexpr std::uint32_t side_per_lane = 2;

/// Each row goes to its k rows; `side` is a second, small part of every row (the scales), 4 bytes at a time.
struct SideRows {
    const unsigned* in;
    unsigned* out;
    std::uint32_t row_words;
};

__device__ void read_side(const SideRows& side, std::size_t row, std::uint32_t lane, std::uint32_t words,
                          unsigned (&values)[side_per_lane]) {
#pragma unroll
    for (std::uint32_t i = 0; i < side_per_lane; ++i)
        if (lane + i * warp_lanes < words) values[i] = __ldg(side.in + row * side.row_words + lane + i * warp_lanes);
}

__device__ void write_side(const SideRows& side, std::size_t row, std::size_t to, std::uint32_t lane, std::uint32_t words,
                           const unsigned (&values)[side_per_lane]) {
    unsigned* into = side.out + to * side.row_words;
#pragma unroll
    for (std::uint32_t i = 0; i < side_per_lane; ++i)
        if (lane + i * warp_lanes < words) store_once(into + lane + i * warp_lanes, values[i]);
    for (std::uint32_t word = lane + side_per_lane * warp_lanes; word < words; word += warp_lanes)
        store_once(into + word, __ldg(side.in + row * side.row_words + word));
}

/// HasSide: else `side` is empty, and takes no registers.
template <class Vector, bool HasSide>
__global__ void __launch_bounds__(row_warps* warp_lanes)
    scatter_rows(const Vector* __restrict__ in, const std::int32_t* __restrict__ rows, int k, Segments segments,
                 Vector* __restrict__ out, SideRows side) {
    const std::uint32_t segment = segment_of_warp(), lane = threadIdx.x % warp_lanes;
    if (segment >= segments.count()) return;
    const std::uint32_t row = segments.row(segment), first = segments.vector(segment, per_lane, lane);
    const Vector* from = in + std::size_t{row} * segments.row_vectors;
    Vector values[per_lane];
#pragma unroll
    for (std::uint32_t i = 0; i < per_lane; ++i)
        if (first + i * warp_lanes < segments.row_vectors) values[i] = load_once(from + first + i * warp_lanes);
    unsigned words[side_per_lane] = {};
    const std::uint32_t side_words = segment % segments.per_row == 0 ? side.row_words : 0;
    if constexpr (HasSide) read_side(side, row, lane, side_words, words);
    const std::int32_t row_of_lane = static_cast<int>(lane) < k ? __ldg(rows + std::size_t{row} * k + lane) : -1;
    for (int slot = 0; slot < k; ++slot) {
        const std::int32_t to = __shfl_sync(all_lanes, row_of_lane, slot);
        if (to < 0) continue;
        Vector* into = out + std::size_t(to) * segments.row_vectors;
#pragma unroll
        for (std::uint32_t i = 0; i < per_lane; ++i)
            if (first + i * warp_lanes < segments.row_vectors) store_once(into + first + i * warp_lanes, values[i]);
        if constexpr (HasSide) write_side(side, row, std::size_t(to), lane, side_words, words);
    }
}

template <class Vector>
__global__ void __launch_bounds__(row_warps* warp_lanes)
    gather_rows(const Vector* __restrict__ in, const std::int32_t* __restrict__ rows, Segments segments,
                Vector* __restrict__ out) {
    const std::uint32_t segment = segment_of_warp(), lane = threadIdx.x % warp_lanes;
    if (segment >= segments.count()) return;
    const std::uint32_t row = segments.row(segment), first = segments.vector(segment, per_lane, lane);
    const Vector* from = in + std::size_t(__ldg(rows + row)) * segments.row_vectors;
    Vector* into = out + std::size_t{row} * segments.row_vectors;
    Vector values[per_lane];
#pragma unroll
    for (std::uint32_t i = 0; i < per_lane; ++i)
        if (first + i * warp_lanes < segments.row_vectors) values[i] = load_once(from + first + i * warp_lanes);
#pragma unroll
    for (std::uint32_t i = 0; i < per_lane; ++i)
        if (first + i * warp_lanes < segments.row_vectors) store_once(into + first + i * warp_lanes, values[i]);
}

void check_rows(int rows, int k, int hidden) {
    if (rows < 0 || hidden < 1 || k < 1 || k > most_experts_per_token)
        throw std::invalid_argument("found " + std::to_string(rows) + " rows of " + std::to_string(hidden) + " elements for " +
                                    std::to_string(k) + " copies; expected no negative count, hidden of at least 1 and 1 to " +
                                    std::to_string(most_experts_per_token) + " copies");
}

void scatter_bytes(const void* in, const std::int32_t* rows, int row_count, int k, std::size_t row_bytes, void* out,
                   SideRows side, cudaStream_t stream) {
    with_vector_of(vector_bytes_for(row_bytes, {in, out}), [&](auto* type) {
        using Vector = std::remove_pointer_t<decltype(type)>;
        const Segments segments =
            Segments::of(static_cast<std::uint32_t>(row_count), static_cast<std::uint32_t>(row_bytes / sizeof(Vector)), per_lane);
        launch(side.row_words > 0 ? scatter_rows<Vector, true> : scatter_rows<Vector, false>, launch_shape_for(segments), stream,
               static_cast<const Vector*>(in), rows, k, segments, static_cast<Vector*>(out), side);
    });
}

}  // namespace

void permute(const Bf16* tokens, const std::int32_t* rows, int token_count, int k, int hidden, Bf16* packed,
             cudaStream_t stream) {
    check_rows(token_count, k, hidden);
    scatter_bytes(tokens, rows, token_count, k, sizeof(Bf16) * static_cast<std::size_t>(hidden), packed, {}, stream);
}

void unpermute(const Bf16* arrived, const std::int32_t* row_of_arrival, int rows, int hidden, Bf16* ordered,
               cudaStream_t stream) {
    permute(arrived, row_of_arrival, rows, 1, hidden, ordered, stream);
}

void unpermute_fp8(const Fp8* arrived, const float* arrived_scales, const std::int32_t* row_of_arrival, int rows, int hidden,
                   Fp8* ordered, float* ordered_scales, cudaStream_t stream) {
    check_rows(rows, 1, hidden);
    const SideRows scales{reinterpret_cast<const unsigned*>(arrived_scales), reinterpret_cast<unsigned*>(ordered_scales),
                          static_cast<std::uint32_t>(scales_for(hidden))};
    scatter_bytes(arrived, row_of_arrival, rows, 1, static_cast<std::size_t>(hidden), ordered, scales, stream);
}

void restore_arrival_order(const Bf16* ordered, const std::int32_t* row_of_arrival, int rows, int hidden, Bf16* returning,
                           cudaStream_t stream) {
    check_rows(rows, 1, hidden);
    const std::size_t row_bytes = sizeof(Bf16) * static_cast<std::size_t>(hidden);
    with_vector_of(vector_bytes_for(row_bytes, {ordered, returning}), [&](auto* type) {
        using Vector = std::remove_pointer_t<decltype(type)>;
        const Segments segments =
            Segments::of(static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(row_bytes / sizeof(Vector)), per_lane);
        launch(gather_rows<Vector>, launch_shape_for(segments), stream, reinterpret_cast<const Vector*>(ordered), row_of_arrival,
               segments, reinterpret_cast<Vector*>(returning));
    });
}

}  // namespace tokenyard::gpu
