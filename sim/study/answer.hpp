// SPDX-License-Identifier: Apache-2.0
// What a study is asked for: the best of its designs, within limits.
#pragma once

#include "model/study.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// Why a study has no such output that is a number, as "found X; expected Y" with the names that there are; empty when it has.
std::string wrong_output(const Study& study, const std::string& name);

/// Why a condition cannot be asked of a study's cases, as "found X; expected Y"; empty when it can, or is empty itself. It may
/// name outputs, keys that the study sets, cluster, workload, calibration and algorithm.
std::string wrong_limits(const Study& study, const std::string& limits);

/// The best of the groups that are done, fit into memory and have the goal's output; of a group its case at p50. Of groups that
/// are as good as each other the one with the shorter dispatch and combine, then the first. Pre: no wrong_output, no
/// wrong_limits.
StudyAnswer answer_of(const Study& study, const std::vector<StudyGroup>& groups, const StudyGoal& goal,
                      const std::string& limits);

/// The groups that keep to the limits, in their order.
std::vector<std::size_t> groups_within(const Study& study, const std::vector<StudyGroup>& groups, const std::string& limits);

/// The same groups, the best of an output first; groups without a value come last.
std::vector<std::size_t> sorted_by(const std::string& output, const std::vector<StudyGroup>& groups,
                                   std::vector<std::size_t> order);

}  // namespace tokenyard
