// SPDX-License-Identifier: Apache-2.0
#include "workload/portable_math.hpp"

#include <cmath>

namespace tokenyard {
namespace {
constexpr double ln2_high = 6.93147180369123816490e-01;  // fdlibm e_log.c: the first 32 bits of ln 2
constexpr double ln2_low = 1.90821492927058770002e-10;   // and what is missing from them
constexpr double sqrt_half = 0.70710678118654752440;
}  // namespace

// x = m 2^e with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172, so 13 terms of the
// odd series leave s^27 / 27 < 1e-22.
double portable_log(double x) {
    int exponent = 0;
    double mantissa = std::frexp(x, &exponent);  // exact
    if (mantissa < sqrt_half) {
        mantissa *= 2;
        --exponent;
    }
    const double s = (mantissa - 1) / (mantissa + 1), square = s * s;
    double series = 0;
    for (int n = 25; n >= 1; n -= 2) series = series * square + 1.0 / n;
    return exponent * ln2_high + (2 * s * series + exponent * ln2_low);
}

// x = n ln 2 + r with |r| <= ln 2 / 2; 18 terms of the power series leave r^18 / 18! < 1e-24.
double portable_exp(double x) {
    if (x < -700) return 0;
    if (x > 700) x = 700;
    const double n = std::floor(x / (ln2_high + ln2_low) + 0.5);
    const double r = (x - n * ln2_high) - n * ln2_low;
    double series = 1;
    for (int term = 17; term >= 1; --term) series = 1 + series * r / term;
    return std::ldexp(series, static_cast<int>(n));  // exact
}

}  // namespace tokenyard
