// SPDX-License-Identifier: Apache-2.0
#include "moe/gate_topk.hpp"
#include "oracle/oracle.hpp"
#include "selftest/trial.hpp"

#include <cmath>

namespace tokenyard::gpu {
namespace {

// expf is within 2 units in the last place (CUDA C++ Programming Guide, mathematical functions), and its argument, up to 10 in
// size, is off by half a unit of 2^-20: 5e-7; sums over a warp's lanes add about ten roundings of 6e-8 more.
constexpr double weight_tolerance = 4e-6;  // relative
// Two fp32 roundings of sizes up to 2, and the score's own error: choices closer than this may fall either way.
constexpr double choice_tolerance = 4e-6;

enum class Logits { normal, ties };

/// ids must be the oracle's, or where a bias was added in fp32, of choices that are as good within the tolerance.
void compare_ids(Trial& trial, const GateShape& shape, const std::vector<float>& logits, const std::vector<float>& bias,
                 const std::vector<std::int32_t>& ids, const oracle::Choices& expected, std::vector<bool>& is_same) {
    const auto k = static_cast<std::size_t>(shape.router.experts_per_token),
               experts = static_cast<std::size_t>(shape.router.experts);
    std::size_t wrong = 0;
    for (std::size_t copy = 0; copy < ids.size(); ++copy) {
        is_same.push_back(ids[copy] == expected.expert_ids[copy]);
        if (is_same.back()) continue;
        const auto id = static_cast<std::size_t>(ids[copy]);
        if (bias.empty() || id >= experts) {
            ++wrong;
            continue;
        }
        const std::vector<double> values = oracle::choice_values(shape, logits.data() + copy / k * experts, bias);
        wrong += std::abs(values[id] - values[static_cast<std::size_t>(expected.expert_ids[copy])]) > choice_tolerance;
    }
    trial.found("ids, elements that differ", static_cast<double>(wrong), 0);
}

template <class Logit>
void compare(Trial& trial, const GateShape& shape, int tokens, Logits kind, bool has_bias) {
    const auto experts = static_cast<std::size_t>(shape.router.experts);
    std::vector<float> logits = trial.normals(static_cast<std::size_t>(tokens) * experts, 2);
    if (kind == Logits::ties)
        for (float& logit : logits) logit = static_cast<float>(trial.below(5) - 2) * 0.5f;
    std::vector<Logit> given;
    for (float& logit : logits)
        if constexpr (std::is_same_v<Logit, float>) given.push_back(logit);
        else given.push_back(as_bf16(logit)), logit = as_float(given.back());
    const std::vector<float> bias = has_bias ? trial.normals(experts, 0.1f) : std::vector<float>();

    const DeviceArray<Logit> on_device(given);
    const DeviceArray<float> bias_on_device(bias);
    const auto copies = static_cast<std::size_t>(tokens) * static_cast<std::size_t>(shape.router.experts_per_token);
    Guarded<std::int32_t> ids(copies);
    Guarded<float> weights(copies);
    gate_topk(shape, on_device.get(), bias_on_device.get(), tokens, ids.get(), weights.get(), trial.stream());

    const oracle::Choices expected = oracle::gate_topk(shape, logits, bias, tokens);
    std::vector<bool> is_same;
    compare_ids(trial, shape, logits, bias, ids.read(), expected, is_same);
    std::vector<double> values(expected.weights.begin(), expected.weights.end()), tolerated;
    const std::vector<float> actual = weights.read();
    for (std::size_t copy = 0; copy < values.size(); ++copy) {
        tolerated.push_back(weight_tolerance * values[copy]);
        if (!is_same[copy]) values[copy] = static_cast<double>(actual[copy]);  // another expert, as good: its weight is its own
    }
    trial.within("weights", actual, values, tolerated);
}

}  // namespace

std::vector<Case> gate_cases() {
    std::vector<Case> cases;
    const auto add = [&](const char* name, GateShape shape, int tokens, Logits kind = Logits::normal, bool has_bias = false,
                         bool is_large = false) {
        cases.push_back({"gate_topk", std::string(name) + ", fp32", is_large,
                         [=](Trial& trial) { compare<float>(trial, shape, tokens, kind, has_bias); }});
        cases.push_back({"gate_topk", std::string(name) + ", bf16", is_large,
                         [=](Trial& trial) { compare<Bf16>(trial, shape, tokens, kind, has_bias); }});
    };
    constexpr Scores softmax = Scores::softmax, sigmoid = Scores::sigmoid;
    add("softmax 8 of 256", {{256, 8, 1, 1}, softmax, false, 1}, 50);
    add("softmax 8 of 256, 5000 tokens", {{256, 8, 8, 4}, softmax, true, 1}, 5000, Logits::normal, false, true);
    add("sigmoid 8 of 256 in 4 of 8 groups, biased", {{256, 8, 8, 4}, sigmoid, true, 2.5f}, 50, Logits::normal, true);
    add("sigmoid 8 of 256 in 4 of 8, many ties", {{256, 8, 8, 4}, sigmoid, true, 2.5f}, 30, Logits::ties);
    add("softmax, ties, biased", {{64, 6, 8, 3}, softmax, false, 1}, 30, Logits::ties, true);
    add("8 of 384 in 1 of 1", {{384, 8, 1, 1}, sigmoid, true, 2.827f}, 20);
    add("8 of 1024 in 8 of 64 groups", {{1024, 8, 64, 8}, softmax, true, 1}, 20);
    add("2 of 60, not in whole vectors", {{60, 2, 1, 1}, softmax, true, 1}, 30);
    add("4 of 7 in 1 of 1", {{7, 4, 1, 1}, softmax, true, 1}, 30);
    add("32 of 32", {{32, 32, 1, 1}, softmax, false, 1}, 20);
    add("1 of 512", {{512, 1, 1, 1}, softmax, false, 1}, 9);
    add("1 of 1", {{1, 1, 1, 1}, sigmoid, true, 1}, 9);
    add("no tokens", {{256, 8, 8, 4}, softmax, true, 1}, 0);
    return cases;
}

}  // namespace tokenyard::gpu
