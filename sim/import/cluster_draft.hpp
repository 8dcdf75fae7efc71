// SPDX-License-Identifier: Apache-2.0
// A machine becomes the part of a cluster file that is about a node.
#pragma once

#include "import/draft.hpp"
#include "import/known_devices.hpp"
#include "import/machine.hpp"
#include "import/scale_up_of.hpp"
#include "model/cluster.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// What stands behind what a machine's file does not tell.
struct Reference {
    const KnownGpu* gpu = nullptr;  // nullptr: of no GPU that is known
    std::string name;               // of a shipped cluster
    Cluster cluster;
    bool is_same_gpu = false;
    std::string network_name;  // of a shipped cluster with NICs, which is the same one where that has some
    Cluster network;
    const Node& node() const { return cluster.groups.front().node; }
    const Nics& nics() const { return *network.groups.front().node.nics; }
};

/// The shipped cluster of the machine's GPU, or of the chip that is given; of no known one that which is nearest to its links.
/// Throws InputError for GPUs that are not alike.
Reference reference_of(const Machine& machine, const Draft& draft);

/// Whether the GPUs of a node reach each other by PCIe alone.
bool is_pcie_only(const Links& links, const Reference& reference, const Draft& draft);

/// Keys of `node.gpus`, `node.host`, `node.gpu`, `node.scale_up` and `node.pcie`.
void draft_gpus(const Machine& machine, const Reference& reference, Draft& draft);

/// Keys of `node.nics`. `names`: of those that are the network of the cluster; empty for what can be told of it: ports with
/// remote access to memory, of the highest speed, near to a GPU where some are. Gives
/// the names of those that it took, in their order. Throws InputError for a name that no NIC has.
std::vector<std::string> draft_nics(const Machine& machine, const Reference& reference, const std::vector<std::string>& names,
                                    Draft& draft);

/// PCIe switches of the GPUs, in even blocks of neighbours; none where there is one or no switch, or blocks are uneven.
struct SwitchBlocks {
    int count = 0;
    std::vector<int> of_bridge;  // the block that a bridge is the switch of, or -1
    std::optional<Bandwidth> uplink;
};
SwitchBlocks switch_blocks(const Machine& machine);

std::string as_gigabytes(Bandwidth rate);

}  // namespace tokenyard
