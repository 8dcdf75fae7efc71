// SPDX-License-Identifier: Apache-2.0
// GPUs, their scale-up domains and their PCIe links.
#pragma once

#include "model/cluster.hpp"
#include "model/fabric.hpp"

namespace tokenyard {

/// Appends every GPU and the links inside its domain and node.
void add_gpus_and_domains(const Cluster& cluster, Fabric& fabric);

}  // namespace tokenyard
