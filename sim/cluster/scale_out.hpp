// SPDX-License-Identifier: Apache-2.0
// NICs and the switches between nodes.
#pragma once

#include "model/cluster.hpp"
#include "model/fabric.hpp"

namespace tokenyard {

/// Appends NICs, switch links and the paths between switches. Pre: cluster.network, and GPUs are in place.
void add_scale_out(const Cluster& cluster, Fabric& fabric);

}  // namespace tokenyard
