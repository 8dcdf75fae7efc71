// SPDX-License-Identifier: Apache-2.0
// Networks as NVIDIA's topograph and NetQ have them.
#pragma once

#include "import/switch_tree.hpp"
#include "input/source.hpp"

namespace tokenyard {

/// A model of topograph: switches by name with those below them, and blocks of nodes below a switch. It has no speeds. Blocks
/// that are NVLink domains are noted. Throws InputError for a switch below two, for nodes twice, and for what is missing. Source:
/// NVIDIA/topograph e2b62507, pkg/models/model.go and tests/models.
SwitchTree tree_from_topograph(const SourceText& source);

/// NetQ's topology graph: devices with their tier, hosts in tier -1, and bundles of cables between them. It has no speeds: rates
/// of cables are left open. Throws InputError for what is missing, and for a device that no node describes. Source:
/// NVIDIA/topograph e2b62507, pkg/providers/netq and tests/output/netq.
SwitchTree tree_from_netq(const SourceText& source);

}  // namespace tokenyard
