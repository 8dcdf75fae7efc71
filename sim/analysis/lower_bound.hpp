// Times that no order of the transfers can beat.
#pragma once

#include "model/fabric.hpp"
#include "model/prediction.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

#include <vector>

namespace tokenyard {

/// For every cut of the fabric: the bytes that must cross it over what its links carry together, plus the shortest
/// latency of the transfers that cross it. Cuts: each link (GPU ports, NICs, uplinks of switches), all links out of or
/// into one GPU, all NICs of one node. The worst of each kind, worst first; empty without transfers.
/// Routes are those of the fabric; another algorithm that routes otherwise has bounds of its own.
std::vector<Bound> lower_bounds(const Fabric& fabric, const Schedule& schedule, const TransferRoutes& routes);

}  // namespace tokenyard
