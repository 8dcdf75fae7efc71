// SPDX-License-Identifier: Apache-2.0
// The fluid engine, and the replay that finds out what held back the steps of another engine's run.
#pragma once

#include "engine/simulate.hpp"

#include <cstddef>
#include <vector>

namespace tokenyard {

/// With `accuracy` 0 event by event: rates are shared out anew whenever a step starts to flow or ends, which is exact but for
/// rounding. Otherwise as engine/fluid/sharing.hpp says, with a patience of that part of the shortest possible makespan.
/// `course_bins`: as simulate.
Timeline run_fluid(const Fabric& fabric, const Schedule& schedule, double accuracy, const Progress& progress,
                   std::size_t course_bins = 0);

/// The same with the ends of the steps given. Timeline::delivery_error then says how far the given ends are from
/// max-min sharing: 0 when each step carried just its volume.
Timeline replay(const Fabric& fabric, const Schedule& schedule, const std::vector<Seconds>& ends, const Progress& progress,
                std::size_t course_bins = 0);

}  // namespace tokenyard
