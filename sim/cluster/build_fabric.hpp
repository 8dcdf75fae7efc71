// SPDX-License-Identifier: Apache-2.0
// A cluster's description becomes a graph of links with a route for every pair of GPUs.
#pragma once

#include "model/cluster.hpp"
#include "model/fabric.hpp"

namespace tokenyard {

/// Links are named from the outside in and carry payload: line rate times efficiency. Half of a scale-up latency lies
/// on the link out of a GPU and half on the link into one; NICs likewise; switches add `hop_latency` each.
/// Faults and background are in the capacities and the routes; a NIC that is down has no links. Throws MisfitError for
/// a fault or background that the links do not bear out; nothing else in a Cluster can be wrong.
Fabric build_fabric(const Cluster& cluster);

}  // namespace tokenyard
