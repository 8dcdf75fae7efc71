// SPDX-License-Identifier: Apache-2.0
// The two-level exchange, with what its tests compare.
#pragma once

#include "collective/algorithms.hpp"

namespace tokenyard {

/// append_two_level with so many groups of homes that each gateway forwards together (collective/two_level_groups.hpp).
std::vector<StepId> append_two_level_in_groups(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                               const std::vector<StepId>& ready, int most_groups, Schedule& schedule);

}  // namespace tokenyard
