// SPDX-License-Identifier: Apache-2.0
// An InfiniBand fabric as ibnetdiscover prints it.
#pragma once

#include "import/switch_tree.hpp"
#include "input/source.hpp"

namespace tokenyard {

/// Reads what ibnetdiscover prints, with or without -p (a line a port). A cable is counted once, whichever of its ends are
/// listed. Hosts are those whose adapters are named "HOST ADAPTER" ("HCA-1" is mlx5_0); aggregation nodes are none, and adapters
/// with another name cannot be placed: both are counted in the notes. Throws InputError at the line that is wrong, and for a
/// fabric without a switch.
SwitchTree tree_from_ibnetdiscover(const SourceText& source);

}  // namespace tokenyard
