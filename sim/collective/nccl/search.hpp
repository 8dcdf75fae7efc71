// SPDX-License-Identifier: Apache-2.0
// How many channels NCCL's search for rings finds on a machine.
#pragma once

#include "model/units.hpp"

namespace tokenyard {

/// What the search looks at, by NCCL's own figures of bandwidth. All nodes are alike.
struct NcclMachine {
    int compute_capability = 90;  // of its GPUs, major x 10 + minor
    int nodes = 1, gpus = 8;      // that take part, and of each node
    int nvlinks = 18;             // of a GPU into its domain; 0: the GPUs of a node are joined by PCIe
    Bandwidth pcie;               // of a GPU's PCIe
    int nics = 8;                 // of a node
    Bandwidth nic;                // from a GPU through one of them: the less of NIC and PCIe
};

/// The bandwidth of one NVLink that NCCL reckons with: 20.0, 20.6 or 40.1 GB/s. Source: NCCL v2.30.7-1 graph/topo.h:17-35.
Bandwidth nccl_nvlink_rate(int compute_capability);

/// How many NVLinks make a line rate each way: of 25 GB/s, or of 50 GB/s on Blackwell.
int nvlinks_of(Bandwidth line_rate, int compute_capability);

/// What NCCL reckons that PCIe x16 of a line rate carries: 12, 24, 48 or 96 GB/s. Source: NCCL v2.30.7-1 graph/topo.h:17-35.
Bandwidth nccl_pcie_rate(Bandwidth line_rate);

/// "coll channels" in NCCL's log. Rings at the speed of its list that makes most of the links, of those above 0.49 of the best:
/// inside a node NVLinks bear nvlinks x their rate / speed rings, or PCIe a single one; between nodes each NIC bears its rate /
/// speed rings as well. They are doubled where one has 25 GB/s, unless there are more than 4 with less than 50 GB/s each on GPUs
/// newer than 8.0; then when they are connected; and, newer than 8.9 and on several nodes, once more where a ring had over 45
/// GB/s and there are less than 16. Source: NCCL v2.30.7-1 graph/search.cc:1036-1067, graph/connect.cc:480-483.
int nccl_channels_found(const NcclMachine& machine);

}  // namespace tokenyard
