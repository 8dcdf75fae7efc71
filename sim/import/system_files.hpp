// SPDX-License-Identifier: Apache-2.0
// What other simulators and planners call a system: GPUs of a node and rates of a GPU.
#pragma once

#include "import/machine.hpp"
#include "input/source.hpp"

namespace tokenyard {

/// aiconfigurator's system file: GPUs of a node, or of a rack whose nodes NVLink joins, and bytes a second of a GPU and one way.
/// The GPU is the chip that `data_dir` is called after, where it is a known one. Keys that say nothing of a cluster are passed
/// over. Throws InputError for what is missing or out of range.
/// Source: ai-dynamo/aiconfigurator 095f58a5, src/aiconfigurator_core/systems.
Machine machine_from_aiconfigurator(const SourceText& source);

/// ASTRA-sim's network file for its analytical backend: the first dimension is the node, a second one its network, in GB/s and ns
/// of a GPU. A message crosses two links of a Switch, so that its latency is twice the link's. Throws InputError for a first
/// dimension that is a Ring, for more than two dimensions, and for what is missing or out of range.
/// Source: astra-sim/astra-sim 518bd513, inputs/network and examples/network/analytical.
Machine machine_from_astra_sim(const SourceText& source);

}  // namespace tokenyard
