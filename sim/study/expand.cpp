// SPDX-License-Identifier: Apache-2.0
#include "study/study.hpp"

namespace tokenyard {
namespace {

std::size_t seed_count(const Study& study) { return study.seeds.empty() ? 1 : study.seeds.size(); }

/// Takes the fastest digit off a number whose digits count different things.
std::size_t take_digit(std::size_t& index, std::size_t values) {
    const std::size_t digit = index % values;
    index /= values;
    return digit;
}

std::string label_at(const StudyAxis& axis, std::size_t row, std::size_t key) {
    return row < axis.labels.size() ? axis.labels[row][key] : std::string();
}

}  // namespace

std::optional<std::size_t> case_count(const Study& study) {
    std::size_t count = 1;
    const auto multiply = [&](std::size_t values) { count = values > most_cases ? most_cases + 1 : count * values; };
    std::vector<std::size_t> factors{study.clusters.size(), study.workloads.size(), study.calibrations.size(),
                                     study.algorithms.size(), seed_count(study)};
    for (const StudyAxis& axis : study.axes) factors.push_back(axis.rows.size());
    for (const std::size_t factor : factors) {
        multiply(factor);
        if (count > most_cases) return {};
    }
    return count;
}

StudyCase case_at(const Study& study, std::size_t index) {
    StudyCase one;
    one.number = index + 1;
    const std::size_t seed = take_digit(index, seed_count(study));
    if (!study.seeds.empty()) one.seed = study.seeds[seed];
    one.algorithm = study.algorithms[take_digit(index, study.algorithms.size())];
    std::vector<std::size_t> rows(study.axes.size());
    for (std::size_t axis = study.axes.size(); axis-- > 0;) rows[axis] = take_digit(index, study.axes[axis].rows.size());
    one.calibration = study.calibrations[take_digit(index, study.calibrations.size())];
    one.workload = study.workloads[take_digit(index, study.workloads.size())];
    one.cluster = study.clusters[take_digit(index, study.clusters.size())];
    one.overrides = study.fixed;
    for (std::size_t axis = 0; axis < study.axes.size(); ++axis)
        for (std::size_t key = 0; key < study.axes[axis].keys.size(); ++key)
            one.overrides.push_back({study.axes[axis].keys[key], study.axes[axis].rows[rows[axis]][key], study.directory,
                                     label_at(study.axes[axis], rows[axis], key)});
    return one;
}

}  // namespace tokenyard
