// The links of every step.
#pragma once

#include "model/fabric.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

namespace tokenyard {

/// A transfer's route goes through the ranks it crosses; then come the memories of both ends, as often as its bytes cross
/// them, and the schedule's own resources. Local steps cross their GPU's memory; pauses nothing.
Routes resolve_routes(const Fabric& fabric, const Schedule& schedule);

}  // namespace tokenyard
