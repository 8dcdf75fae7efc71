// SPDX-License-Identifier: Apache-2.0
// The `faults` and the `background` of a cluster file.
#pragma once

#include "input/document.hpp"
#include "model/cluster.hpp"

#include <vector>

namespace tokenyard {

/// Throws InputError for whatever the nodes alone show to be wrong; that a link exists is for the built fabric to say.
/// `needs_network` says that some GPUs reach each other through NICs only, so that a node must keep one.
std::vector<Fault> faults_from(const YamlPtr& list, const std::vector<NodeGroup>& groups, bool needs_network);
std::vector<Background> background_from(const YamlPtr& list, const std::vector<NodeGroup>& groups);

/// The misfit at its place in the cluster file. Pre: `root` is what the cluster was read from.
[[noreturn]] void refuse_misfit(const YamlNode& root, const MisfitError& misfit);

}  // namespace tokenyard
