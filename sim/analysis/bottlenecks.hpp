// SPDX-License-Identifier: Apache-2.0
// What held back the steps that finished last.
#pragma once

#include "model/fabric.hpp"
#include "model/prediction.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// From the times that each link, or its own cap (`copy rate`), set the rate of each step, and from its delay and latency:
/// averaged over the steps that ended last (within one part in a million of the makespan) and, back to time 0, over those
/// that they waited for to the end. Largest share first.
std::vector<Bottleneck> find_bottlenecks(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline);

/// "nic in" for node1/nic3/in; a link without a direction in its name is just its kind.
std::string kind_and_direction(const std::string& name, const std::string& kind);

/// Bottlenecks of one kind and direction together, largest share first.
std::vector<BottleneckKind> by_kind(const std::vector<Bottleneck>& bottlenecks);

/// What each link carried, in the fabric's order, then the schedule's own resources.
std::vector<LinkUse> link_ledger(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline);

}  // namespace tokenyard
