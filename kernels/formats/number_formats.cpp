// SPDX-License-Identifier: Apache-2.0
#include "formats/number_formats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tokenyard::gpu {

float as_float(Fp8 value) {
    const int exponent = (value.bits >> 3) & 15, fraction = value.bits & 7;
    const float sign = value.bits & 0x80 ? -1.0f : 1.0f;
    if (exponent == 15 && fraction == 7) return std::numeric_limits<float>::quiet_NaN();
    if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -9);  // subnormal: steps of 2^-6 / 8
    return sign * std::ldexp(static_cast<float>(8 + fraction), exponent - 10);
}

Bf16 as_bf16(float value) {
    if (std::isnan(value)) return {0x7fff};
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const std::uint32_t is_odd = (bits >> 16) & 1;
    return {static_cast<std::uint16_t>((bits + 0x7fff + is_odd) >> 16)};  // a carry into the exponent is right, up to infinity
}

Fp8 as_fp8(float value) {
    if (std::isnan(value)) return {0x7f};
    const auto sign = static_cast<unsigned>(std::signbit(value) ? 0x80 : 0);
    const float size = std::min(std::abs(value), largest_fp8);
    int exponent = 0;
    std::frexp(size, &exponent);                              // size = m 2^exponent, 1/2 <= m < 1
    exponent = std::max(exponent - 1, -6);                    // of the leading bit; below 2^-6 steps stay as they are
    float steps = std::rint(std::ldexp(size, 3 - exponent));  // exact but for the rounding, ties to even
    if (steps == 16) {
        steps = 8;
        ++exponent;
    }
    const auto fraction = static_cast<unsigned>(steps);
    const unsigned code = fraction < 8 ? fraction : (static_cast<unsigned>(exponent + 7) << 3) + fraction - 8;
    return {static_cast<std::uint8_t>(sign | code)};
}

}  // namespace tokenyard::gpu
