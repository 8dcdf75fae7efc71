// SPDX-License-Identifier: Apache-2.0
// One case of a study: from its inputs to its row.
#pragma once

#include "model/case.hpp"
#include "model/standing.hpp"
#include "model/study.hpp"

#include <span>
#include <string>

namespace tokenyard {

/// Predicts the case as its study asks for. What does not go together (an algorithm that cannot carry out the exchange) is an
/// outcome too; throws std::runtime_error only when the world fails.
CaseOutcome compute_case(const Case& one, const std::string& algorithm, const Study& study, std::span<const JudgedRow> record);

}  // namespace tokenyard
