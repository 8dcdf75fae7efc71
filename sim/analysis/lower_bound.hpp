// SPDX-License-Identifier: Apache-2.0
// Times that the steps of a schedule cannot beat.
#pragma once

#include "model/fabric.hpp"
#include "model/prediction.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

#include <vector>

namespace tokenyard {

/// For every cut of the fabric: the bytes that must cross it over what its links carry together, plus the earliest time at
/// which one of them can. Cuts: each link (GPU ports, NICs, uplinks of switches, the schedule's own resources), all links
/// out of or into one GPU, all NICs of one node. And the longest chain of steps that wait for each other, each with all
/// links to itself. The worst of each kind, worst first; empty without steps.
/// Bounds hold for this schedule on its routes; another algorithm has bounds of its own.
std::vector<Bound> lower_bounds(const Fabric& fabric, const Schedule& schedule);

/// A bound that is met may come out above the end by the last bits: by less than this part of it.
inline constexpr double rounding_of_bounds = 1e-9;

/// A run that need not be exact may end a little before these steps can: it puts off sharing links out anew, so that some
/// carry more than they can for a while. The bound is exact, so the exact makespan lies at or above it, and the bound is nearer
/// to it than the end that was found: such a run ends at the bound. Its steps stay where they are, and what is missing behind
/// the last of them is made up: `accuracy` among what holds a phase, so that its parts still make up all of it. At most
/// Timeline::accuracy of the makespan. Exact runs stay as they are, and so do ends that lack only the last bits.   Checked in
/// tests/pipeline/explain_test.cpp.
Timeline held_to(const std::vector<Bound>& bounds, Timeline timeline);

/// What the parts of a phase call what was made up.
inline constexpr const char* made_up_is = "accuracy";

}  // namespace tokenyard
