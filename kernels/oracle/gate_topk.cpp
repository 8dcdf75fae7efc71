// SPDX-License-Identifier: Apache-2.0
#include "oracle/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tokenyard::gpu::oracle {
namespace {

std::vector<double> scores_of(const GateShape& shape, const float* logits) {
    const auto experts = static_cast<std::size_t>(shape.router.experts);
    std::vector<double> scores(logits, logits + experts);
    if (shape.scores == Scores::sigmoid) {
        for (double& score : scores) score = 1 / (1 + std::exp(-score));
        return scores;
    }
    const double largest = *std::max_element(scores.begin(), scores.end());
    for (double& score : scores) score = std::exp(score - largest);
    const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
    for (double& score : scores) score /= sum;
    return scores;
}

/// Indices by falling value, the lower one first where values are equal.
std::vector<std::size_t> falling(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    return order;
}

/// The best groups by their best expert; then the best experts in them.
std::vector<std::size_t> best_experts(const RouterShape& shape, const std::vector<double>& values) {
    const std::size_t groups = static_cast<std::size_t>(shape.expert_groups), size = values.size() / groups;
    std::vector<double> of_group;
    for (std::size_t group = 0; group < groups; ++group)
        of_group.push_back(*std::max_element(values.begin() + static_cast<std::ptrdiff_t>(group * size),
                                             values.begin() + static_cast<std::ptrdiff_t>((group + 1) * size)));
    std::vector<bool> is_open(groups);
    const std::vector<std::size_t> order = falling(of_group);
    for (std::size_t i = 0; i < static_cast<std::size_t>(shape.groups_per_token); ++i) is_open[order[i]] = true;
    std::vector<std::size_t> best;
    for (const std::size_t expert : falling(values))
        if (is_open[expert / size] && best.size() < static_cast<std::size_t>(shape.experts_per_token)) best.push_back(expert);
    return best;
}

}  // namespace

std::vector<double> choice_values(const GateShape& shape, const float* logits, const std::vector<float>& bias) {
    if (bias.empty()) return {logits, logits + shape.router.experts};
    std::vector<double> values = scores_of(shape, logits);
    for (std::size_t expert = 0; expert < values.size(); ++expert) values[expert] += static_cast<double>(bias[expert]);
    return values;
}

Choices gate_topk(const GateShape& shape, const std::vector<float>& logits, const std::vector<float>& bias, int tokens) {
    Choices choices;
    for (int token = 0; token < tokens; ++token) {
        const float* row = logits.data() + static_cast<std::ptrdiff_t>(token) * shape.router.experts;
        const std::vector<double> scores = scores_of(shape, row);
        const std::vector<std::size_t> best = best_experts(shape.router, choice_values(shape, row, bias));
        double sum = 0;
        for (const std::size_t expert : best) sum += scores[expert];
        for (const std::size_t expert : best) {
            const double weight = !shape.is_normalised ? scores[expert] : sum > 0 ? scores[expert] / sum : 0;
            choices.expert_ids.push_back(static_cast<std::int32_t>(expert));
            choices.weights.push_back(static_cast<float>(weight * static_cast<double>(shape.weight_scale)));
        }
    }
    return choices;
}

}  // namespace tokenyard::gpu::oracle
