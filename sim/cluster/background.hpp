// SPDX-License-Identifier: Apache-2.0
// What other jobs take of the links.
#pragma once

#include "model/cluster.hpp"
#include "model/fabric.hpp"

namespace tokenyard {

/// Takes the cluster's background off the links' capacities. A load is a part of what the link has in its present
/// state, faults included; whatever the order of the entries, the same is left. Throws MisfitError for a link that does
/// not exist and for one of which nothing is left. Pre: faults are applied.
void apply_background(const Cluster& cluster, Fabric& fabric);

}  // namespace tokenyard
