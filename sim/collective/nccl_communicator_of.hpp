// SPDX-License-Identifier: Apache-2.0
// What NCCL finds when it looks at a fabric.
#pragma once

#include "collective/nccl/communicator.hpp"
#include "model/costs.hpp"
#include "model/fabric.hpp"

namespace tokenyard {

/// The communicator of the fabric's first `ranks` ranks. Its nodes are the fabric's islands (a multi-node NVLink domain is
/// one node to NCCL), its NICs those of each GPU. The NVLinks of a GPU are its payload over what NCCL reckons with for one.
NcclCommunicator nccl_communicator_of(const Fabric& fabric, int ranks, const NcclCosts& costs);

}  // namespace tokenyard
