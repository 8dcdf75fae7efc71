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

}  // namespace tokenyard
