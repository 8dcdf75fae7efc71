// SPDX-License-Identifier: Apache-2.0
#include "analysis/errors.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

RowVerdict row(double measured, double predicted, bool is_bandwidth_bound, RowUse use = RowUse::judged) {
    RowVerdict verdict;
    verdict.measured = {measured};
    verdict.predicted = {predicted};
    verdict.is_bandwidth_bound = is_bandwidth_bound;
    verdict.use = use;
    return verdict;
}

}  // namespace

TEST_CASE("summarise takes the median of |error|, the worst, and the median with its sign", "[analysis]") {
    // |errors| 0.1, 0.2, 0.3, 0.4: median 0.25; signed -0.3, -0.1, 0.2, 0.4: median 0.05.
    const ErrorSummary even = summarise({-0.1, 0.2, -0.3, 0.4});
    CHECK(even.rows == 4);
    CHECK(even.median == Approx(0.25));
    CHECK(even.worst == Approx(0.4));
    CHECK(even.bias == Approx(0.05));
    CHECK(summarise({-0.1, 0.3, 0.2}).median == Approx(0.2));
    CHECK(summarise(std::vector<double>{}).rows == 0);
}

TEST_CASE("judge keeps fit rows, odd rows and refused rows out of the judged errors", "[analysis]") {
    RecordVerdict verdict;
    verdict.rows = {row(10, 11, true), row(10, 8, false), row(10, 30, true, RowUse::odd), row(10, 10.5, true, RowUse::fit),
                    row(10, 90, true)};
    verdict.rows.back().refusal = "it cannot";
    judge({}, verdict);
    CHECK(verdict.judged.rows == 2);
    CHECK(verdict.fit.rows == 1);
    CHECK(verdict.fit.worst == Approx(0.05));
    CHECK(verdict.bandwidth.worst == Approx(0.1));
    CHECK(verdict.latency.bias == Approx(-0.2));
    CHECK(verdict.broken_limits.empty());
}

TEST_CASE("judge names the limits that are passed", "[analysis]") {
    Record record;
    record.bandwidth = {0.05, 0.2};
    record.latency.worst = 0.1;
    RecordVerdict verdict;
    verdict.rows = {row(10, 11, true), row(10, 8, false)};
    judge(record, verdict);
    CHECK(verdict.broken_limits == std::vector<std::string>{"latency: worst |error| 20.0 % is above 10 %",
                                                            "bandwidth: median |error| 10.0 % is above 5 %"});
}

}  // namespace tokenyard
