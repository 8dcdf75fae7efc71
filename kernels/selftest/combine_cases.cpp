// SPDX-License-Identifier: Apache-2.0
#include "moe/combine.hpp"
#include "oracle/oracle.hpp"
#include "selftest/trial.hpp"

#include <cmath>
#include <numeric>

namespace tokenyard::gpu {
namespace {

// bf16 has 7 bits of fraction, so rounding the sum is off by at most 2^-8 of it; each of up to 32 fused multiply-adds in fp32 by
// 2^-24 of what has been summed so far, at most the terms' sizes; and below 2^-126 bf16 steps are 2^-133.
double tolerance_for(double sum, double size) {
    return std::ldexp(std::abs(sum), -8) + std::ldexp(size, -18) + std::ldexp(1, -133);
}

struct Plan {
    int tokens, k, hidden;
    double dropped;
    bool is_weighted;
};

void compare(Trial& trial, const Plan& plan) {
    const auto copies = static_cast<std::size_t>(plan.tokens) * static_cast<std::size_t>(plan.k);
    std::vector<std::int32_t> rows(copies);
    std::iota(rows.begin(), rows.end(), 0);
    std::shuffle(rows.begin(), rows.end(), trial.random());
    std::bernoulli_distribution is_dropped(plan.dropped);
    for (std::int32_t& row : rows)
        if (is_dropped(trial.random())) row = -1;
    const std::vector<Bf16> results = trial.bf16_normals(copies * static_cast<std::size_t>(plan.hidden));
    std::vector<float> weights = plan.is_weighted ? trial.weights(copies) : std::vector<float>();
    for (std::size_t copy = 0; copy < weights.size(); ++copy)
        if (rows[copy] < 0) weights[copy] = std::nanf("");  // what is left out counts for nothing, whatever its weight
    const DeviceArray<Bf16> results_on_device(results);
    const DeviceArray<std::int32_t> rows_on_device(rows);
    const DeviceArray<float> weights_on_device(weights);
    Guarded<Bf16> combined(static_cast<std::size_t>(plan.tokens) * static_cast<std::size_t>(plan.hidden));
    combine(results_on_device.get(), rows_on_device.get(), weights_on_device.get(), plan.tokens, plan.k, plan.hidden,
            combined.get(), trial.stream());
    const oracle::Combined expected = oracle::combine(results, rows, weights, plan.k, plan.hidden);
    std::vector<float> actual;
    std::vector<double> tolerated;
    for (const Bf16 value : combined.read()) actual.push_back(as_float(value));
    for (std::size_t i = 0; i < expected.sums.size(); ++i)
        tolerated.push_back(tolerance_for(expected.sums[i], expected.sizes[i]));
    trial.within("sums", actual, expected.sums, tolerated);
}

}  // namespace

std::vector<Case> combine_cases() {
    std::vector<Case> cases;
    const auto add = [&](const char* name, Plan plan, bool is_large = false) {
        cases.push_back({"combine", name, is_large, [=](Trial& trial) { compare(trial, plan); }});
    };
    add("8 copies, hidden 7168", {5, 8, 7168, 0, true});
    add("8 copies, hidden 7168, 2000 tokens", {2000, 8, 7168, 0.02, true}, true);
    add("8 copies, a third dropped", {20, 8, 512, 0.33, true});
    add("8 copies, hidden 2880, no weights", {6, 8, 2880, 0, false});
    add("1 copy", {20, 1, 1024, 0, true});
    add("1 copy, some dropped, hidden 1000", {20, 1, 1000, 0.2, true});
    add("2 copies", {20, 2, 1024, 0.1, true});
    add("3 copies", {20, 3, 640, 0.1, true});
    add("4 copies", {20, 4, 640, 0, true});
    add("6 copies", {20, 6, 640, 0, true});
    add("9 copies", {10, 9, 640, 0.1, true});
    add("32 copies", {5, 32, 384, 0.1, true});
    add("hidden 132: 8-byte rows", {20, 8, 132, 0.1, true});
    add("hidden 130: 4-byte rows", {20, 8, 130, 0.1, true});
    add("hidden 129: 2-byte rows", {20, 8, 129, 0.1, true});
    add("hidden 1", {20, 4, 1, 0.1, true});
    add("all dropped", {20, 4, 256, 1, true});
    add("1 token", {1, 8, 7168, 0, true});
    add("no tokens", {0, 8, 7168, 0, true});
    return cases;
}

}  // namespace tokenyard::gpu
