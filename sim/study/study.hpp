// SPDX-License-Identifier: Apache-2.0
// The door to studies as values: which cases a study has, which outputs a case has, and what all of them say together.
#pragma once

#include "model/prediction.hpp"
#include "model/study.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// clusters x workloads x calibrations x rows of each axis x algorithms x seeds (1 without seeds). Nothing when it is more than
/// `most_cases`.
inline constexpr std::size_t most_cases = 1'000'000;
std::optional<std::size_t> case_count(const Study& study);

/// A case by its place: the seeds change fastest, then algorithms, the last axis, ..., the first axis, calibrations, workloads
/// and clusters. Pre: index < case_count(study).
StudyCase case_at(const Study& study, std::size_t index);

/// What is kept of a prediction.
struct StudyOutput {
    std::string name;     // with its unit
    std::string meaning;  // for people
    bool is_more_better = false;
    std::function<Cell(const Prediction&)> of;
    bool needs_layer = false;  // there is none unless the study has an overlap
    bool is_text = false;      // no number
};
const std::vector<StudyOutput>& study_outputs();
/// The place of an output by its name.
std::optional<std::size_t> find_output(std::string_view name);

/// An outcome as bytes, to pass between processes, and back. `unpacked` throws std::runtime_error for what `packed` has not made.
std::string packed(const CaseOutcome& outcome);
CaseOutcome unpacked(std::string_view bytes);

/// The smallest value that at least `part` of the values do not exceed (nearest rank): values[ceil(part x count) - 1], sorted.
/// Pre: values are not empty, 0 < part <= 1.
double percentile(std::vector<double> values, double part);

/// In the order of the study. The time that ranks is the layer's where there is one, else that of both phases.
std::vector<StudyGroup> groups_of(const Study& study, const std::vector<StudyRow>& rows);

/// The front of two of them. An axis is an output, of which it takes the case at p50, or a key whose values are numbers, with the
/// same unit or none; more of a key is taken for worse, as more of a cluster costs more.
Front pareto_front(const Study& study, const std::vector<StudyGroup>& groups, const std::string& x, const std::string& y);

}  // namespace tokenyard
