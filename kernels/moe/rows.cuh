// SPDX-License-Identifier: Apache-2.0
// How kernels that move rows share them out: a warp takes a segment of a row.
#pragma once

#include "cuda/launch.hpp"

#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace tokenyard::gpu {

constexpr unsigned row_warps = 8;  // a block

/// The vectors of a row in segments of `warp_lanes x per_lane`. Lane l has vectors l, l + 32, ... of its segment, so a warp reads
/// whole lines; several a lane are in flight at once.
struct Segments {
    std::uint32_t rows, row_vectors, per_row;

    __host__ __device__ static Segments of(std::uint32_t rows, std::uint32_t row_vectors, std::uint32_t per_lane) {
        return {rows, row_vectors, blocks_of(row_vectors, warp_lanes * per_lane)};
    }
    __host__ __device__ std::uint64_t count() const { return std::uint64_t{rows} * per_row; }
    __host__ __device__ std::uint32_t row(std::uint32_t segment) const { return segment / per_row; }
    __host__ __device__ std::uint32_t vector(std::uint32_t segment, std::uint32_t per_lane, std::uint32_t lane) const {
        return segment % per_row * warp_lanes * per_lane + lane;
    }
};

/// Throws std::length_error where segments would not be counted by 32 bits: 4 TB and more of full ones.
inline LaunchShape launch_shape_for(const Segments& segments) {
    if (segments.count() > 0xfffffff0u) throw std::length_error("more rows than one launch moves");
    return {blocks_of<std::uint64_t>(segments.count(), row_warps), row_warps * warp_lanes};
}

/// This warp's segment.
__device__ inline std::uint32_t segment_of_warp() { return blockIdx.x * row_warps + threadIdx.x / warp_lanes; }

/// Calls `with` a null pointer to the vector type of `bytes`.
template <class Function>
void with_vector_of(std::size_t bytes, Function with) {
    switch (bytes) {
        case 16: return with(static_cast<uint4*>(nullptr));
        case 8: return with(static_cast<uint2*>(nullptr));
        case 4: return with(static_cast<unsigned*>(nullptr));
        case 2: return with(static_cast<unsigned short*>(nullptr));
        default: return with(static_cast<unsigned char*>(nullptr));
    }
}

}  // namespace tokenyard::gpu
