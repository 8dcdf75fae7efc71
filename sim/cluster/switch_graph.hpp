// SPDX-License-Identifier: Apache-2.0
// Fabrics drawn by hand: named switches, links, and the shortest paths between them.
#pragma once

#include "model/cluster.hpp"
#include "model/fabric.hpp"

namespace tokenyard {

/// Hangs the NICs on their switches, appends the links, and finds all paths with fewest links (at most 64 a pair).
/// Pre: the NICs are in place, node by node.
void add_switch_graph(const SwitchGraph& graph, const Cluster& cluster, Fabric& fabric);

}  // namespace tokenyard
