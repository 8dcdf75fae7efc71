// SPDX-License-Identifier: Apache-2.0
// Memory in pieces of up to 16 bytes, each touched once: loads and stores that ask caches to keep nothing for them.
#pragma once

#include "formats/number_formats.hpp"

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp8.h>
#endif

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace tokenyard::gpu {

template <class Vector>
__device__ inline Vector load_once(const Vector* from) {
    return __ldcs(from);
}
template <class Vector>
__device__ inline void store_once(Vector* to, Vector value) {
    __stcs(to, value);
}

/// The bf16 elements in a vector.
template <class Vector>
constexpr int elements_in = static_cast<int>(sizeof(Vector) / sizeof(Bf16));

template <class Vector>
__device__ inline void unpack(Vector packed, float (&values)[elements_in<Vector>]) {
    Bf16 elements[elements_in<Vector>];
    std::memcpy(elements, &packed, sizeof packed);
#pragma unroll
    for (int i = 0; i < elements_in<Vector>; ++i) values[i] = as_float(elements[i]);
}

/// Nearest, ties to even, by the GPU's own instruction.
__device__ inline Bf16 bf16_from(float value) {
#ifdef __CUDA_ARCH__
    return {__bfloat16_as_ushort(__float2bfloat16_rn(value))};
#else
    return as_bf16(value);
#endif
}

template <class Vector>
__device__ inline Vector pack(const float (&values)[elements_in<Vector>]) {
    Bf16 elements[elements_in<Vector>];
#pragma unroll
    for (int i = 0; i < elements_in<Vector>; ++i) elements[i] = bf16_from(values[i]);
    Vector packed;
    std::memcpy(&packed, elements, sizeof packed);
    return packed;
}

/// Two e4m3 codes, the first in the low byte; nearest, ties to even, saturating; by the GPU's own instruction where it has one.
__device__ inline std::uint16_t fp8_pair_from(float first, float second) {
#ifdef __CUDA_ARCH__
    return __nv_cvt_float2_to_fp8x2(make_float2(first, second), __NV_SATFINITE, __NV_E4M3);
#else
    return static_cast<std::uint16_t>(as_fp8(first).bits | as_fp8(second).bits << 8);
#endif
}

/// The widest access, 16 bytes at most, at which rows of `row_bytes` from these addresses are aligned.
inline std::size_t vector_bytes_for(std::size_t row_bytes, std::initializer_list<const void*> starts) {
    std::uintptr_t all = row_bytes | 16;
    for (const void* start : starts) all |= reinterpret_cast<std::uintptr_t>(start);
    return all & ~(all - 1);
}

}  // namespace tokenyard::gpu
