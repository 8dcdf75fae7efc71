// SPDX-License-Identifier: Apache-2.0
#include "selftest/trial.hpp"

#include <cmath>
#include <limits>
#include <numeric>

namespace tokenyard::gpu {

std::vector<float> Trial::normals(std::size_t count, float deviation) {
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> values(count);
    for (float& value : values) value = normal(random_);
    return values;
}

std::vector<Bf16> Trial::bf16_normals(std::size_t count, float deviation) {
    std::vector<Bf16> values;
    values.reserve(count);
    for (const float value : normals(count, deviation)) values.push_back(as_bf16(value));
    return values;
}

std::vector<float> Trial::weights(std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>((random_() >> 40) + 1) / 16777216.0f;
    return values;
}

std::vector<std::int32_t> Trial::expert_ids(int tokens, int k, int experts, double dropped) {
    std::vector<std::int32_t> all(static_cast<std::size_t>(experts)), ids;
    std::iota(all.begin(), all.end(), 0);
    std::bernoulli_distribution is_dropped(dropped);
    for (int token = 0; token < tokens; ++token)
        for (int slot = 0; slot < k; ++slot) {
            std::swap(all[static_cast<std::size_t>(slot)], all[static_cast<std::size_t>(slot + below(experts - slot))]);
            ids.push_back(is_dropped(random_) ? -1 : all[static_cast<std::size_t>(slot)]);
        }
    return ids;
}

void Trial::within(const std::string& compared, const std::vector<float>& actual, const std::vector<double>& expected,
                   const std::vector<double>& tolerated) {
    double worst = actual.size() == expected.size() && tolerated.size() == expected.size() ? 0.0 : HUGE_VAL;
    for (std::size_t i = 0; i < std::min({actual.size(), expected.size(), tolerated.size()}); ++i) {
        const double error = std::abs(static_cast<double>(actual[i]) - expected[i]);
        worst = std::isfinite(error) ? std::max(worst, error == 0 ? 0 : error / tolerated[i]) : HUGE_VAL;
    }
    found(compared + ", error over tolerance", worst, 1);
}

}  // namespace tokenyard::gpu
