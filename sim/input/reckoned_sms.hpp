// SPDX-License-Identifier: Apache-2.0
// How many SMs DeepEP V2 takes where it is not told.
#pragma once

#include "model/cluster.hpp"
#include "model/workload.hpp"

namespace tokenyard {

/// SMs that are enough for even routing over the workload's ranks, by its own formula: an SM reads 200 and writes 50 GB/s, and a
/// quarter more than the slower of NVLink and NIC asks for; an even number, 4 at least. `nvlink` is the part of NVLink's
/// bandwidth that it reckons with. Limits of groups a token may go to are not in it. Source: DeepEP dd758ca,
/// deep_ep/buffers/elastic.py:728-834.
int reckoned_sms(const Cluster& cluster, const Model& model, int ranks, double nvlink);

}  // namespace tokenyard
