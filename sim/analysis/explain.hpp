// SPDX-License-Identifier: Apache-2.0
// Why a phase ends when it does: the chain of waits behind its end, and whose tokens the links that held it carry.
#pragma once

#include "model/exchange.hpp"
#include "model/explanation.hpp"
#include "model/fabric.hpp"
#include "model/prediction.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

#include <vector>

namespace tokenyard {

/// From the step that ends last back to time 0, each time to the step that was waited for longest (of several the earliest
/// in the schedule). A step is held by its delay, its latency, its own cap (`copy rate`), and the links that set its rate.
/// Steps that take no time are left out; without any, the chain is empty.
std::vector<ChainStep> critical_path(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline);

/// For the three links that held most of the phase, 1 % of it at least: whose bytes they carry, all through the phase.
/// `experts` is absent for a matrix. A transfer's bytes are for the experts on its far end's rank, in proportion to the
/// copies that its near end has for each of them. Where a rank passes tokens on, its near or far end is its whole node
/// (NVLink domain), or all others: the bytes then are shared in proportion to the copies between these.
/// Goes through the transfers once. Pre: `bottlenecks` are those of this timeline.
std::vector<LinkCause> find_causes(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline,
                                   const std::vector<Bottleneck>& bottlenecks, const Exchange& exchange, Granularity granularity,
                                   const ExpertTraffic* experts);

}  // namespace tokenyard
