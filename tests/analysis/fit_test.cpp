// SPDX-License-Identifier: Apache-2.0
#include "analysis/fit.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace tokenyard {
namespace {

const std::vector<double> sizes{1, 10, 100, 1000, 10'000, 100'000, 1'000'000};

/// ln of what latency + size / rate predicts over what latency 5 and rate 40 give, with a little noise that adds up to nothing.
std::vector<double> line(double latency, double rate, double noise) {
    std::vector<double> off;
    double sign = 1;
    for (const double size : sizes) off.push_back(std::log((latency + size / rate) / (5 + size / 40)) + noise * (sign = -sign));
    return off;
}

}  // namespace

TEST_CASE("fit_logarithms finds a latency and a rate again", "[analysis]") {
    const LeastSquares fit = fit_logarithms([](const std::vector<double>& at) { return line(at[0], at[1], 0); }, {1, 300});
    REQUIRE(fit.inseparable.empty());
    CHECK(fit.values[0].value == Approx(5).epsilon(1e-4));
    CHECK(fit.values[1].value == Approx(40).epsilon(1e-4));
    CHECK(fit.after < 1e-4);
    CHECK(fit.before > 0.5);
}

TEST_CASE("fit_logarithms gives wider intervals for noisier rows, and they hold the truth", "[analysis]") {
    const auto with_noise = [](double noise) {
        return fit_logarithms([noise](const std::vector<double>& at) { return line(at[0], at[1], noise); }, {3, 60});
    };
    const LeastSquares quiet = with_noise(0.01), noisy = with_noise(0.05);
    CHECK(quiet.values[0].low < 5);
    CHECK(quiet.values[0].high > 5);
    CHECK(noisy.values[0].high / noisy.values[0].low > quiet.values[0].high / quiet.values[0].low);
}

TEST_CASE("fit_logarithms says which parameters rows cannot tell apart", "[analysis]") {
    // Only the sum of the first two is seen.
    const auto two_latencies = [](const std::vector<double>& at) { return line(at[0] + at[1], at[2], 0.02); };
    const LeastSquares fit = fit_logarithms(two_latencies, {2, 2, 60});
    REQUIRE(fit.inseparable.size() == 1);
    CHECK(fit.inseparable.front() == std::vector<std::size_t>{0, 1});
    // And one that nothing depends on.
    const auto no_use = [](const std::vector<double>& at) { return line(at[0], at[1], 0.02); };
    CHECK(fit_logarithms(no_use, {2, 60, 7}).inseparable == std::vector<std::vector<std::size_t>>{{2}});
}

TEST_CASE("fit_logarithms stops at a limit, and fits the others beside it", "[analysis]") {
    // The latency is 5, and nothing above 3 is allowed: the rate is the best one for 3
    const auto off = [](const std::vector<double>& at) {
        CHECK(at[0] <= 3);
        return line(at[0], at[1], 0.01);
    };
    const LeastSquares limited = fit_logarithms(off, {1, 300}, {3, 1e9});
    const LeastSquares alone = fit_logarithms([](const std::vector<double>& at) { return line(3, at[0], 0.01); }, {300});
    CHECK(limited.values[0].value == Approx(3).epsilon(1e-12));
    CHECK(limited.values[0].high == Approx(3).epsilon(1e-12));
    CHECK(limited.values[0].low < 3);
    CHECK(limited.values[1].value == Approx(alone.values[0].value).epsilon(1e-3));
    CHECK(fit_logarithms(off, {3, 300}, {3, 1e9}).values[1].value == Approx(alone.values[0].value).epsilon(1e-3));
    // And one that begins at its limit and belongs below it leaves it.
    const auto below = [](const std::vector<double>& at) { return line(at[0], at[1], 0); };
    CHECK(fit_logarithms(below, {8, 300}, {8, 1e9}).values[0].value == Approx(5).epsilon(1e-4));
}

}  // namespace tokenyard
