// SPDX-License-Identifier: Apache-2.0
// bf16 and fp8 (e4m3) as bits, and what they mean. The only arithmetic that kernels and their oracles share, so it has
// tests of its own: tests/kernels/number_formats_test.cpp, and selftest's `formats` holds the GPU's instructions to it.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>

namespace tokenyard::gpu {

/// Upper half of an fp32: 8 bits of exponent, 7 of fraction.
struct Bf16 {
    std::uint16_t bits;
};

/// e4m3 of OCP's "8-bit floating point specification", revision 1.0: exponent bias 7, largest 448, no infinity, NaN 0x7f.
struct Fp8 {
    std::uint8_t bits;
};

constexpr float largest_fp8 = 448;

/// Exact.
__host__ __device__ inline float as_float(Bf16 value) {
    const std::uint32_t bits = static_cast<std::uint32_t>(value.bits) << 16;
    float result;
    std::memcpy(&result, &bits, sizeof result);
    return result;
}

/// Exact; NaN for 0x7f and 0xff.
float as_float(Fp8 value);

/// Nearest, ties to even; what is too large becomes infinity; NaN becomes 0x7fff as on the GPU.
Bf16 as_bf16(float value);

/// Nearest, ties to even; what is too large, infinities too, becomes 448 with its sign; NaN becomes 0x7f as on the GPU.
Fp8 as_fp8(float value);

}  // namespace tokenyard::gpu
