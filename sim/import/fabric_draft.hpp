// SPDX-License-Identifier: Apache-2.0
// A network becomes the fabric of a cluster file.
#pragma once

#include "import/draft.hpp"
#include "import/switch_tree.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// Hosts that are alike: those with the most frequent set of adapters, in order of their names, numbers in them by value.
struct Hosts {
    std::vector<const SwitchTree::Host*> chosen;
    std::vector<std::string> adapters;  // {""} where they are not told apart
};
/// Throws InputError where there is none. Says in `draft` which were left out.
Hosts hosts_of(const SwitchTree& tree, Draft& draft);

/// Keys `nodes` and `fabric`. With rates of cables: every switch, every cable, every host's NICs; NIC r of a node is the r-th
/// of the adapters. Without: a fat tree, whose oversubscription is asked for; `nics` are those of a node. Throws InputError for
/// a tree that is none.
void draft_fabric(const SwitchTree& tree, const Hosts& hosts, std::size_t nics, const std::string& hop_latency, Draft& draft);

}  // namespace tokenyard
