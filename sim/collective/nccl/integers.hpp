// SPDX-License-Identifier: Apache-2.0
// Whole-number arithmetic that the schedule is made of.
#pragma once

#include "model/units.hpp"

#include <cassert>
#include <cstdint>

namespace tokenyard {

/// Pre: volume is a whole number of bytes, not negative.
inline std::int64_t whole_bytes(Bytes volume) {
    const auto whole = static_cast<std::int64_t>(in_bytes(volume));
    assert(whole >= 0 && bytes(static_cast<double>(whole)) == volume && "volumes are whole bytes");
    return whole;
}

inline Bytes as_bytes(std::int64_t whole) { return bytes(static_cast<double>(whole)); }

/// Pre: value >= 0, divisor > 0.
constexpr std::int64_t divide_up(std::int64_t value, std::int64_t divisor) { return (value + divisor - 1) / divisor; }

constexpr std::int64_t align_up(std::int64_t value, std::int64_t unit) { return divide_up(value, unit) * unit; }

/// The lowest bits of a value, as many as a power of two has zeros, in opposite order. Source: NCCL v2.28.9-1 graph/topo.h:289.
inline int mirror_bits(int value, int power_of_two) {
    int mirrored = 0;
    for (int bit = 1, image = power_of_two / 2; bit < power_of_two; bit *= 2, image /= 2)
        if ((value & bit) != 0) mirrored |= image;
    return mirrored;
}

/// Pre: value > 0.
inline int round_up_to_power_of_two(int value) {
    int power = 1;
    while (power < value) power *= 2;
    return power;
}

}  // namespace tokenyard
