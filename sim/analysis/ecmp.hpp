// SPDX-License-Identifier: Apache-2.0
// How a static hash spread the flows of a schedule over equal links.
#pragma once

#include "model/fabric.hpp"
#include "model/prediction.hpp"
#include "model/schedule.hpp"

namespace tokenyard {

/// Flows (pairs of ranks, lane and label; several steps can be one flow) on every link that was picked from equal ones.
/// Those beyond ceil(flows of the group / its links) on a link collide. All 0 where nothing is hashed.
EcmpUse count_collisions(const Fabric& fabric, const Schedule& schedule);

}  // namespace tokenyard
