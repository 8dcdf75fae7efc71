// SPDX-License-Identifier: Apache-2.0
// Quantities with their dimension in the type, so that adding bytes to seconds does not compile.
#pragma once

#include <compare>

namespace tokenyard {

/// A number of one dimension, in SI units (bytes, seconds, watts, bytes or floating-point operations per second). Made and read
/// by naming the unit.
template <class Dimension>
struct Quantity {
    double si = 0;

    constexpr auto operator<=>(const Quantity&) const = default;
    constexpr Quantity& operator+=(Quantity other) {
        si += other.si;
        return *this;
    }
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return {a.si + b.si}; }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return {a.si - b.si}; }
    friend constexpr Quantity operator*(Quantity a, double factor) { return {a.si * factor}; }
    friend constexpr Quantity operator*(double factor, Quantity a) { return {a.si * factor}; }
    friend constexpr Quantity operator/(Quantity a, double divisor) { return {a.si / divisor}; }
    friend constexpr double operator/(Quantity a, Quantity b) { return a.si / b.si; }
};

using Bytes = Quantity<struct BytesDimension>;
using Seconds = Quantity<struct SecondsDimension>;
using Bandwidth = Quantity<struct BandwidthDimension>;
using FlopRate = Quantity<struct FlopRateDimension>;
using Power = Quantity<struct PowerDimension>;

constexpr Seconds operator/(Bytes volume, Bandwidth rate) { return {volume.si / rate.si}; }
constexpr Bandwidth operator/(Bytes volume, Seconds time) { return {volume.si / time.si}; }
constexpr Bytes operator*(Bandwidth rate, Seconds time) { return {rate.si * time.si}; }

constexpr Bytes bytes(double count) { return {count}; }
constexpr Bandwidth gigabytes_per_second(double value) { return {value * 1e9}; }
constexpr Bandwidth gigabits_per_second(double value) { return {value * 1e9 / 8}; }
constexpr FlopRate flops_per_second(double value) { return {value}; }
constexpr Seconds microseconds(double value) { return {value * 1e-6}; }
constexpr Power watts(double value) { return {value}; }

constexpr double in_bytes(Bytes volume) { return volume.si; }
constexpr double in_microseconds(Seconds time) { return time.si * 1e6; }
constexpr double in_kilowatts(Power power) { return power.si / 1e3; }
constexpr double in_flops_per_second(FlopRate rate) { return rate.si; }
constexpr double in_gigabytes_per_second(Bandwidth rate) { return rate.si / 1e9; }

}  // namespace tokenyard
