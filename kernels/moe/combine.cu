// SPDX-License-Identifier: Apache-2.0
#include "moe/combine.hpp"

#include "cuda/launch.hpp"
#include "cuda/vectors.cuh"
#include "moe/router_table.hpp"
#include "moe/rows.cuh"

namespace tokenyard::gpu {
namespace {

constexpr int loads_in_flight = 8;  // a lane: 4 KB a warp at 16 bytes; 32 warps of an SM have 128 KB
constexpr int rounds = 2;           // that a warp does for what it knows of its token

/// `Copies` rows of a token at a time, and so many vectors of each that it is always eight loads.
template <int Copies>
constexpr int columns_for = loads_in_flight / Copies;

/// What a batch reads: rows below 0 and vectors beyond the row are left out, as zeros.
template <class Vector, int Copies>
__device__ void load_batch(const Vector* results, const std::int32_t (&rows)[Copies], std::uint32_t row_vectors,
                           std::uint32_t column, unsigned present, Vector (&values)[Copies][columns_for<Copies>]) {
    constexpr int columns = columns_for<Copies>;
    constexpr unsigned all = (1u << Copies) - 1;
    const bool is_whole = column + (columns - 1) * warp_lanes < row_vectors && (present & all) == all;
#pragma unroll
    for (int i = 0; i < Copies; ++i)
#pragma unroll
        for (int j = 0; j < columns; ++j) values[i][j] = Vector{};
    if (is_whole) {  // the usual case, with nothing to ask before each load
#pragma unroll
        for (int i = 0; i < Copies; ++i)
#pragma unroll
            for (int j = 0; j < columns; ++j)
                values[i][j] = load_once(results + std::size_t(rows[i]) * row_vectors + column + j * warp_lanes);
        return;
    }
#pragma unroll
    for (int i = 0; i < Copies; ++i)
#pragma unroll
        for (int j = 0; j < columns; ++j)
            if (rows[i] >= 0 && column + j * warp_lanes < row_vectors)
                values[i][j] = load_once(results + std::size_t(rows[i]) * row_vectors + column + j * warp_lanes);
}

template <class Vector>
__device__ void add(Vector packed, float weight, float (&sums)[elements_in<Vector>]) {
    float elements[elements_in<Vector>];
    unpack(packed, elements);
#pragma unroll
    for (int i = 0; i < elements_in<Vector>; ++i) sums[i] = fmaf(weight, elements[i], sums[i]);
}

/// Tokens with more copies than a batch has (k > 8) take several; then a batch has one column, whose sums stay.
template <class Vector, int Copies>
__global__ void __launch_bounds__(row_warps* warp_lanes)
    combine_rows(const Vector* __restrict__ results, const std::int32_t* __restrict__ rows, const float* __restrict__ weights,
                 int k, Segments segments, Vector* __restrict__ combined) {
    constexpr int columns = columns_for<Copies>;
    const std::uint32_t segment = segment_of_warp(), lane = threadIdx.x % warp_lanes;
    if (segment >= segments.count()) return;
    const std::uint32_t token = segments.row(segment), first = segments.vector(segment, columns * rounds, lane);
    std::int32_t row_of_lane = -1;
    float weight_of_lane = 0;
    if (static_cast<int>(lane) < k) {  // both are under way at once; a copy that is left out may have any weight
        row_of_lane = __ldg(rows + std::size_t{token} * k + lane);
        weight_of_lane = weights ? __ldg(weights + std::size_t{token} * k + lane) : 1.0f;
        if (row_of_lane < 0) weight_of_lane = 0;
    }
    const unsigned present = __ballot_sync(all_lanes, row_of_lane >= 0);
    Vector* into = combined + std::size_t{token} * segments.row_vectors;
    for (std::uint32_t round = 0; round < rounds; ++round) {
        const std::uint32_t column = first + round * columns * warp_lanes;
        float sums[elements_in<Vector>] = {};
        int copy = 0;
        do {
            std::int32_t from[Copies];
            float weight[Copies];
#pragma unroll
            for (int i = 0; i < Copies; ++i) {
                from[i] = __shfl_sync(all_lanes, row_of_lane, copy + i);
                weight[i] = __shfl_sync(all_lanes, weight_of_lane, copy + i);
            }
            Vector values[Copies][columns];
            load_batch(results, from, segments.row_vectors, column, present >> copy, values);
#pragma unroll
            for (int j = 0; j < columns; ++j) {
                if (j > 0)  // the next column of the only batch
#pragma unroll
                    for (float& sum : sums) sum = 0;
#pragma unroll
                for (int i = 0; i < Copies; ++i) add(values[i][j], weight[i], sums);
                if (copy + Copies >= k && column + j * warp_lanes < segments.row_vectors)
                    store_once(into + column + j * warp_lanes, pack<Vector>(sums));
            }
            copy += Copies;
        } while (columns == 1 && copy < k);
    }
}

}  // namespace

void combine(const Bf16* results, const std::int32_t* rows, const float* weights, int tokens, int k, int hidden, Bf16* combined,
             cudaStream_t stream) {
    if (tokens < 0 || hidden < 1 || k < 1 || k > most_experts_per_token)
        throw std::invalid_argument("found hidden or copies out of range; expected hidden of at least 1 and 1 to " +
                                    std::to_string(most_experts_per_token) + " copies");
    const std::size_t row_bytes = sizeof(Bf16) * static_cast<std::size_t>(hidden);
    with_vector_of(vector_bytes_for(row_bytes, {results, combined}), [&](auto* type) {
        using Vector = std::remove_pointer_t<decltype(type)>;
        const auto start = [&](auto kernel, std::uint32_t copies) {
            const Segments segments =
                Segments::of(static_cast<std::uint32_t>(tokens), static_cast<std::uint32_t>(row_bytes / sizeof(Vector)),
                             loads_in_flight / copies * rounds);
            launch(kernel, launch_shape_for(segments), stream, reinterpret_cast<const Vector*>(results), rows, weights, k,
                   segments, reinterpret_cast<Vector*>(combined));
        };
        if constexpr (sizeof(Vector) >= sizeof(Bf16)) {
            if (k == 1) start(combine_rows<Vector, 1>, 1);
            else if (k == 2) start(combine_rows<Vector, 2>, 2);
            else if (k <= 4) start(combine_rows<Vector, 4>, 4);
            else start(combine_rows<Vector, 8>, 8);
        }
    });
}

}  // namespace tokenyard::gpu
