// SPDX-License-Identifier: Apache-2.0
// A file that has both a node and the network between such nodes.
#pragma once

#include "import/machine.hpp"
#include "import/switch_tree.hpp"

#include <optional>

namespace tokenyard {

struct SystemParts {
    Machine node;
    std::optional<SwitchTree> network;  // nothing where the file joins no nodes
};

}  // namespace tokenyard
