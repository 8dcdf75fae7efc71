// SPDX-License-Identifier: Apache-2.0
#include "doctor/causes.hpp"
#include "doctor/median.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace tokenyard {
namespace {

constexpr double of_a_parameter = 0.08;                // ln: more than measurements scatter by, which a free parameter takes up
constexpr double no_effect = 0.005;                    // ln: less than engines and noise are sure of
constexpr double same_mean = 0.05, same_worst = 0.10;  // ln: what measurements scatter by, and published times are off by
constexpr double well_explained = 0.10;                // ln: published times are off by 4 to 7 % in the median, docs/accuracy.md
constexpr double badly_explained = 0.20;
constexpr double hardly_better = 0.7;  // of the misfit before

double weight_of(const std::vector<double>& weights, std::size_t row) { return weights.empty() ? 1 : weights[row]; }

/// Whether noisy times could tell a from b. Where latency decides, a single row is no proof.
bool is_the_same(const std::vector<Seconds>& a, const std::vector<Seconds>& b, const std::vector<double>& weights) {
    double mean = 0, worst = 0, all_weights = 0;
    for (std::size_t row = 0; row < a.size(); ++row) {
        const double logarithm = std::abs(std::log(a[row].si / b[row].si)), weight = weight_of(weights, row);
        mean += weight * logarithm;
        all_weights += weight;
        if (weight >= 1) worst = std::max(worst, logarithm);
    }
    return mean / all_weights < same_mean && worst < same_worst;
}

bool changes_a_time(const std::vector<Seconds>& a, const std::vector<Seconds>& b) {
    for (std::size_t row = 0; row < a.size(); ++row)
        if (std::abs(std::log(a[row].si / b[row].si)) >= no_effect) return true;
    return false;
}

/// Numbers the groups in the order of their best, and brings each together behind it.
void group(std::vector<Finding>& findings, const std::vector<double>& weights) {
    for (Finding& each : findings) each.group = -1;
    int groups = 0;
    for (std::size_t first = 0; first < findings.size(); ++first) {
        if (findings[first].group >= 0) continue;
        findings[first].group = groups;
        for (std::size_t other = first + 1; other < findings.size(); ++other)
            if (findings[other].group < 0 && is_the_same(findings[first].predicted, findings[other].predicted, weights))
                findings[other].group = groups;
        ++groups;
    }
    std::ranges::stable_sort(findings, {}, &Finding::group);
}

DiagnosisVerdict verdict_of(const Diagnosis& diagnosis) {
    if (diagnosis.as_described.mean <= well_explained) return DiagnosisVerdict::nothing_to_explain;
    if (diagnosis.findings.empty()) return DiagnosisVerdict::unexplained;
    const Finding& best = diagnosis.findings.front();
    const bool is_explained = best.misfit.mean <= badly_explained && best.score <= hardly_better * diagnosis.as_described.mean;
    return is_explained ? DiagnosisVerdict::explained : DiagnosisVerdict::unexplained;
}

}  // namespace

std::vector<Hypothesis> hypotheses() {
    std::vector<Hypothesis> all(hardware_causes().begin(), hardware_causes().end());
    all.insert(all.end(), software_causes().begin(), software_causes().end());
    return all;
}

Misfit misfit_of(const std::vector<Seconds>& predicted, const std::vector<Seconds>& measured,
                 const std::vector<double>& weights) {
    assert(predicted.size() == measured.size() && !predicted.empty());
    Misfit misfit;
    std::vector<double> errors, ratios;
    double all_weights = 0;
    for (std::size_t row = 0; row < predicted.size(); ++row) {
        const double ratio = predicted[row].si / measured[row].si;
        const double weight = weight_of(weights, row);
        misfit.mean += weight * std::min(std::abs(std::log(ratio)), 1.0);
        all_weights += weight;
        errors.push_back(std::abs(ratio - 1));
        ratios.push_back(1 / ratio);
    }
    misfit.mean /= all_weights;
    misfit.worst = *std::ranges::max_element(errors);
    misfit.median = median_of(std::move(errors));
    misfit.typical_slowdown = median_of(std::move(ratios));
    return misfit;
}

double score_of(const Misfit& misfit, int searched, std::size_t rows) {
    return misfit.mean + of_a_parameter * searched / std::sqrt(static_cast<double>(rows));
}

void conclude(Diagnosis& diagnosis) {
    diagnosis.as_described = misfit_of(diagnosis.predicted, diagnosis.measured, diagnosis.weights);
    std::vector<Finding>& findings = diagnosis.findings;
    for (Finding& each : findings) {
        each.misfit = misfit_of(each.predicted, diagnosis.measured, diagnosis.weights);
        each.score = score_of(each.misfit, each.searched, diagnosis.measured.size());
    }
    const auto changes_nothing = [&](const Finding& each) { return !changes_a_time(each.predicted, diagnosis.predicted); };
    for (const Finding& each : findings)
        if (changes_nothing(each)) diagnosis.without_effect.push_back(each.name);
    std::erase_if(findings, changes_nothing);
    std::ranges::stable_sort(findings, {}, &Finding::score);
    group(findings, diagnosis.weights);
    diagnosis.verdict = verdict_of(diagnosis);
}

}  // namespace tokenyard
