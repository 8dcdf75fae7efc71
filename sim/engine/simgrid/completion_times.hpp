// SPDX-License-Identifier: Apache-2.0
// The reference engine: SimGrid, one child process a simulation. The only place that sees SimGrid.
#pragma once

#include "engine/simulate.hpp"

#include <vector>

namespace tokenyard {

/// When each step of each schedule ends. The children run side by side; progress is the mean of theirs.
/// Throws std::runtime_error when a child dies or reports an error.
std::vector<std::vector<Seconds>> simgrid_completion_times(const Fabric& fabric, const std::vector<Schedule>& schedules,
                                                           const Progress& progress);

EngineDescription describe_simgrid();

}  // namespace tokenyard
