// SPDX-License-Identifier: Apache-2.0
// Small clusters for closed forms: round numbers, efficiency 1, no latency unless a test says so.
#pragma once

#include "model/cluster.hpp"
#include "model/routing.hpp"

#include <initializer_list>

namespace tokenyard {

/// `gpus` GPUs on an NVSwitch of 100 GB/s each way, one 50 GB/s NIC each.
Node nvswitch_node(int gpus);

/// `nodes` such nodes on one non-blocking switch.
Cluster single_switch_cluster(int nodes, int gpus_per_node);

/// Bytes from rank to rank, row = source.
VolumeMatrix volumes_from(std::initializer_list<std::initializer_list<double>> rows);

/// The same bytes for every pair, nothing on the diagonal.
VolumeMatrix uniform_volumes(int ranks, double bytes_a_pair);

}  // namespace tokenyard
