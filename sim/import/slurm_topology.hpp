// SPDX-License-Identifier: Apache-2.0
// SLURM's view of a network: topology.conf, and what `scontrol show topology` prints.
#pragma once

#include "import/switch_tree.hpp"
#include "input/source.hpp"

namespace tokenyard {

/// Reads SwitchName lines with their Switches and Nodes, lists in brackets written out. Cables have no rate there (LinkSpeed is a
/// number that SLURM ignores). Throws InputError at the line that is wrong: a node under two leaves, a switch that is not
/// described, blocks instead of switches, leaves that nothing joins.
SwitchTree tree_from_slurm(const SourceText& source);

}  // namespace tokenyard
