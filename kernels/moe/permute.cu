// SPDX-License-Identifier: Apache-2.0
#include "moe/permute.hpp"

#include "cuda/launch.hpp"
#include "cuda/vectors.cuh"
#include "moe/router_table.hpp"
#include "moe/rows.cuh"

namespace tokenyard::gpu {
namespace {

constexpr std::uint32_t per_lane = 4;  // 2 KB a warp in flight at 16 bytes: 64 warps of an SM have 128 KB, 40 with a side 80 KB

/// Words of a side row, 4 bytes each unless addresses forbid it, that a lane reads beside the row itself: behind the stores their
/// latency would be added to the life of every fourth warp. 64 scales are those of 8,192 elements; what is beyond is read late.
constexpr std::uint32_t side_per_lane = 2;

/// Rows on their way: where they begin, and bytes from one to the next.
struct ByteRows {
    const void* in;
    void* out;
    std::size_t in_stride, out_stride, row_bytes;

    /// The widest access at which all of it is aligned.
    std::size_t vector_bytes() const { return vector_bytes_for(row_bytes | in_stride | out_stride, {in, out}); }
};

/// The same as the kernel counts it, in its vectors or words.
template <class Unit>
struct RowsOf {
    const Unit* in;
    Unit* out;
    std::size_t in_stride, out_stride;
    std::uint32_t row_units;

    static RowsOf from(const ByteRows& rows) {
        return {static_cast<const Unit*>(rows.in), static_cast<Unit*>(rows.out), rows.in_stride / sizeof(Unit),
                rows.out_stride / sizeof(Unit), static_cast<std::uint32_t>(rows.row_bytes / sizeof(Unit))};
    }
};

/// What a side row is moved by: rows of single bytes may have sides at any address.
template <class Vector>
using SideWord = std::conditional_t<sizeof(Vector) == 1, unsigned char, unsigned>;

template <class Word>
__device__ void read_side(const RowsOf<Word>& side, std::size_t row, std::uint32_t lane, std::uint32_t words,
                          Word (&values)[side_per_lane]) {
#pragma unroll
    for (std::uint32_t i = 0; i < side_per_lane; ++i)
        if (lane + i * warp_lanes < words) values[i] = __ldg(side.in + row * side.in_stride + lane + i * warp_lanes);
}

template <class Word>
__device__ void write_side(const RowsOf<Word>& side, std::size_t row, std::size_t to, std::uint32_t lane, std::uint32_t words,
                           const Word (&values)[side_per_lane]) {
    Word* into = side.out + to * side.out_stride;
#pragma unroll
    for (std::uint32_t i = 0; i < side_per_lane; ++i)
        if (lane + i * warp_lanes < words) store_once(into + lane + i * warp_lanes, values[i]);
    for (std::uint32_t word = lane + side_per_lane * warp_lanes; word < words; word += warp_lanes)
        store_once(into + word, __ldg(side.in + row * side.in_stride + word));
}

/// Each row goes to its k rows; `side` is a second, small part of every row (the scales). HasSide: else it is empty, and takes no
/// registers.
template <class Vector, bool HasSide>
__global__ void __launch_bounds__(row_warps* warp_lanes) scatter_rows(RowsOf<Vector> moved, const std::int32_t* __restrict__ rows,
                                                                      int k, Segments segments, RowsOf<SideWord<Vector>> side) {
    const std::uint32_t segment = segment_of_warp(), lane = threadIdx.x % warp_lanes;
    if (segment >= segments.count()) return;
    const std::uint32_t row = segments.row(segment), first = segments.vector(segment, per_lane, lane);
    const Vector* from = moved.in + std::size_t{row} * moved.in_stride;
    Vector values[per_lane];
#pragma unroll
    for (std::uint32_t i = 0; i < per_lane; ++i)
        if (first + i * warp_lanes < segments.row_vectors) values[i] = load_once(from + first + i * warp_lanes);
    SideWord<Vector> words[side_per_lane] = {};
    const std::uint32_t side_words = segment % segments.per_row == 0 ? side.row_units : 0;
    if constexpr (HasSide) read_side(side, row, lane, side_words, words);
    const std::int32_t row_of_lane = static_cast<int>(lane) < k ? __ldg(rows + std::size_t{row} * k + lane) : -1;
    for (int slot = 0; slot < k; ++slot) {
        const std::int32_t to = __shfl_sync(all_lanes, row_of_lane, slot);
        if (to < 0) continue;
        Vector* into = moved.out + std::size_t(to) * moved.out_stride;
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

void scatter_bytes(const ByteRows& moved, const std::int32_t* rows, int row_count, int k, const ByteRows& side,
                   cudaStream_t stream) {
    const std::size_t bytes = side.vector_bytes() < sizeof(unsigned) ? 1 : moved.vector_bytes();
    with_vector_of(bytes, [&](auto* type) {
        using Vector = std::remove_pointer_t<decltype(type)>;
        const auto all = RowsOf<Vector>::from(moved);
        const Segments segments = Segments::of(static_cast<std::uint32_t>(row_count), all.row_units, per_lane);
        launch(side.row_bytes > 0 ? scatter_rows<Vector, true> : scatter_rows<Vector, false>, launch_shape_for(segments), stream,
               all, rows, k, segments, RowsOf<SideWord<Vector>>::from(side));
    });
}

}  // namespace

void permute(const Bf16* tokens, const std::int32_t* rows, int token_count, int k, int hidden, Bf16* packed,
             cudaStream_t stream) {
    check_rows(token_count, k, hidden);
    const std::size_t row_bytes = sizeof(Bf16) * static_cast<std::size_t>(hidden);
    scatter_bytes({tokens, packed, row_bytes, row_bytes, row_bytes}, rows, token_count, k, {}, stream);
}

void unpermute(const Bf16* arrived, const std::int32_t* row_of_arrival, int rows, int hidden, Bf16* ordered,
               cudaStream_t stream) {
    permute(arrived, row_of_arrival, rows, 1, hidden, ordered, stream);
}

void unpermute_fp8(const Fp8Rows& arrived, const std::int32_t* row_of_arrival, int rows, int hidden, const Fp8Rows& ordered,
                   cudaStream_t stream) {
    check_rows(rows, 1, hidden);
    const auto width = static_cast<std::size_t>(hidden);
    scatter_bytes({arrived.codes, ordered.codes, arrived.code_stride, ordered.code_stride, width}, row_of_arrival, rows, 1,
                  {arrived.scales, ordered.scales, arrived.scale_stride, ordered.scale_stride, fp8_row_bytes(hidden) - width},
                  stream);
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
