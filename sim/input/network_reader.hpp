// SPDX-License-Identifier: Apache-2.0
// The `fabric` of a cluster file becomes a Network that its nodes fit on.
#pragma once

#include "input/document.hpp"
#include "model/cluster.hpp"

#include <vector>

namespace tokenyard {

/// Pre: every node of `groups` has NICs. Throws InputError also when the nodes do not fit the fabric, or when a
/// graph leaves some of them apart.
Network network_from(const YamlPtr& fabric, const std::vector<NodeGroup>& groups);

/// Throws InputError for what is wrong whatever the nodes are, where these were refused.
void check_network(const YamlPtr& fabric);

}  // namespace tokenyard
