// SPDX-License-Identifier: Apache-2.0
// Joins what the stages know about a phase to an explanation of it.
#pragma once

#include "pipeline/predict.hpp"

#include <optional>

namespace tokenyard {

/// The copies of a case expert by expert; none for a matrix.
std::optional<ExpertTraffic> expert_traffic_of(const Case& one);

/// Why a phase that has been simulated takes as long as it does, without its ladder (pipeline/ladder.hpp).
Explanation explain(const Fabric& fabric, const Exchange& exchange, const Schedule& schedule, const Timeline& timeline,
                    const Phase& phase, const Algorithm& algorithm, const std::optional<ExpertTraffic>& experts);

}  // namespace tokenyard
