// SPDX-License-Identifier: Apache-2.0
// bf16 and fp8 against tables of all their values.
#include "formats/number_formats.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace tokenyard::gpu {
namespace {

float from_bits(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/// The code of the nearest finite fp8 value, of two as near the even code: by looking at all of them.
int nearest_fp8(float value) {
    int best = 0;
    double least = HUGE_VAL;
    for (int code = 0; code < 0x7f; ++code) {
        const double distance =
            std::abs(static_cast<double>(std::abs(value)) - static_cast<double>(as_float(Fp8{static_cast<std::uint8_t>(code)})));
        if (distance < least || (distance == least && code % 2 == 0)) {
            least = distance;
            best = code;
        }
    }
    return best | (std::signbit(value) ? 0x80 : 0);
}

}  // namespace

TEST_CASE("fp8 has the values of the OCP specification", "[kernels]") {
    // OCP 8-bit floating point specification, revision 1.0, table 2
    CHECK(as_float(Fp8{0x7e}) == 448);
    CHECK(as_float(Fp8{0x08}) == 0.015625f);     // 2^-6, the least normal
    CHECK(as_float(Fp8{0x07}) == 0.875f / 64);   // the largest subnormal
    CHECK(as_float(Fp8{0x01}) == 0.001953125f);  // 2^-9
    CHECK(as_float(Fp8{0x38}) == 1);
    CHECK(as_float(Fp8{0xb8}) == -1);
    CHECK(std::isnan(as_float(Fp8{0x7f})));
    CHECK(std::isnan(as_float(Fp8{0xff})));
}

TEST_CASE("fp8 values come back as they are", "[kernels]") {
    for (int code = 0; code < 256; ++code)
        if ((code & 0x7f) != 0x7f) CHECK(as_fp8(as_float(Fp8{static_cast<std::uint8_t>(code)})).bits == code);
}

TEST_CASE("as_fp8 takes the nearest value, between two the even one", "[kernels]") {
    int wrong = 0;
    for (int code = 0; code < 0x7e; ++code) {
        const float low = as_float(Fp8{static_cast<std::uint8_t>(code)}),
                    high = as_float(Fp8{static_cast<std::uint8_t>(code + 1)});
        const float middle = (low + high) / 2;  // exact
        for (const float value : {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1000.0f), -middle})
            wrong += as_fp8(value).bits != nearest_fp8(value);
    }
    CHECK(wrong == 0);
}

TEST_CASE("as_fp8 saturates, and keeps NaN", "[kernels]") {
    CHECK(as_fp8(449).bits == 0x7e);
    CHECK(as_fp8(1e30f).bits == 0x7e);
    CHECK(as_fp8(-std::numeric_limits<float>::infinity()).bits == 0xfe);
    CHECK(as_fp8(std::numeric_limits<float>::quiet_NaN()).bits == 0x7f);
    CHECK(as_fp8(1e-30f).bits == 0);
    CHECK(as_fp8(-0.0f).bits == 0x80);
}

TEST_CASE("bf16 values come back as they are", "[kernels]") {
    int wrong = 0;
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
        const float value = as_float(Bf16{static_cast<std::uint16_t>(bits)});
        wrong += as_bf16(value).bits != (std::isnan(value) ? 0x7fff : bits);
    }
    CHECK(wrong == 0);
}

TEST_CASE("as_bf16 takes the nearest value, between two the even one", "[kernels]") {
    CHECK(as_bf16(from_bits(0x3f808000)).bits == 0x3f80);  // half a step above an even one: down
    CHECK(as_bf16(from_bits(0x3f818000)).bits == 0x3f82);  // half a step above an odd one: up
    CHECK(as_bf16(from_bits(0x3f808001)).bits == 0x3f81);
    CHECK(as_bf16(from_bits(0x3f807fff)).bits == 0x3f80);
    CHECK(as_bf16(from_bits(0x7f7fffff)).bits == 0x7f80);  // the largest fp32 becomes infinity
    CHECK(as_bf16(std::numeric_limits<float>::quiet_NaN()).bits == 0x7fff);
}

}  // namespace tokenyard::gpu
