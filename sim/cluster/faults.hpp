// SPDX-License-Identifier: Apache-2.0
// What is broken changes the fabric.
#pragma once

#include "model/cluster.hpp"
#include "model/fabric.hpp"

#include <vector>

namespace tokenyard {

/// Which NICs of a node are down, by index.
std::vector<bool> nics_down(const Cluster& cluster, int node, int nic_count);

/// The NICs that each GPU of a node goes on with: those of its own that are up, or else those of the nearest GPU that
/// has one, the lower of two. Empty lists when none is up.
std::vector<std::vector<int>> nics_left(const Nics& nics, const std::vector<bool>& is_down);

/// Throws MisfitError when NICs that are down leave a pair of nodes on separate rails without one in common.
/// Pre: GPUs, NICs and relays are in place.
void check_rails(const Cluster& cluster, const Fabric& fabric);

/// All faults but NICs that are down. Throws MisfitError for a link that does not exist. Pre: the fabric is whole.
void apply_faults(const Cluster& cluster, Fabric& fabric);

}  // namespace tokenyard
