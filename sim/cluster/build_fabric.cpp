// SPDX-License-Identifier: Apache-2.0
#include "cluster/build_fabric.hpp"

#include "cluster/background.hpp"
#include "cluster/faults.hpp"
#include "cluster/scale_out.hpp"
#include "cluster/scale_up.hpp"

namespace tokenyard {
namespace {

/// For each node and switch, the first GPU of the node whose own NIC hangs there: the way to change rails.
std::vector<Fabric::Relay> find_relays(const Fabric& fabric) {
    const auto switches = static_cast<std::size_t>(fabric.scale_out.switch_count());
    std::vector<Fabric::Relay> relays(static_cast<std::size_t>(fabric.node_count()) * switches);
    for (int rank = 0; rank < fabric.rank_count(); ++rank) {
        const Fabric::Gpu& gpu = fabric.gpus[static_cast<std::size_t>(rank)];
        for (const std::uint32_t nic : gpu.nics) {
            Fabric::Relay& relay =
                relays[static_cast<std::size_t>(gpu.node) * switches + static_cast<std::size_t>(fabric.nics[nic].switch_index)];
            if (relay.rank < 0 || (fabric.gpus[static_cast<std::size_t>(relay.rank)].borrows_nics && !gpu.borrows_nics))
                relay = {rank, nic};
        }
    }
    return relays;
}

}  // namespace

Fabric build_fabric(const Cluster& cluster) {
    Fabric fabric;
    add_gpus_and_domains(cluster, fabric);
    if (cluster.network) {
        add_scale_out(cluster, fabric);
        fabric.relays = find_relays(fabric);
        check_rails(cluster, fabric);
    }
    apply_faults(cluster, fabric);
    apply_background(cluster, fabric);
    return fabric;
}

}  // namespace tokenyard
