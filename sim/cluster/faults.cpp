// SPDX-License-Identifier: Apache-2.0
#include "cluster/faults.hpp"

#include "cluster/links.hpp"

#include <algorithm>
#include <cstdlib>

namespace tokenyard {
namespace {

/// Planes of the NVSwitch domain of a node.
int planes_of(const Cluster& cluster, int node) {
    int first = 0;
    for (const NodeGroup& group : cluster.groups) {
        if (node < first + group.count) return group.node.scale_up->planes;
        first += group.count;
    }
    return 1;
}

struct ApplyFault {
    const Cluster& cluster;
    Fabric& fabric;
    std::size_t index;  // of the fault

    void slow_down(LinkId link, double factor) const { fabric.links[link].capacity = fabric.links[link].capacity * factor; }

    void operator()(const NicDown&) const {}  // its links were never made
    void operator()(const SlowLink& slow) const {
        const std::vector<LinkId> links = links_named(fabric, slow.link);
        if (links.empty())
            throw MisfitError(MisfitError::List::faults, index, "link", "the name of a link as `tokenyard show` prints them");
        for (const LinkId link : links) slow_down(link, slow.factor);
    }
    void operator()(const NvswitchDown& down) const {
        const double planes = planes_of(cluster, down.node), left = (planes - down.planes) / planes;
        std::vector<bool> is_hit(fabric.domains.size());
        for (const Fabric::Gpu& gpu : fabric.gpus)
            if (gpu.node == down.node) is_hit[static_cast<std::size_t>(gpu.domain)] = true;
        for (const Fabric::Gpu& gpu : fabric.gpus) {
            if (!is_hit[static_cast<std::size_t>(gpu.domain)]) continue;
            slow_down(gpu.scale_up.out, left);
            slow_down(gpu.scale_up.in, left);
        }
    }
    void operator()(const SlowGpu& slow) const {
        for (Fabric::Gpu& gpu : fabric.gpus) {
            if (gpu.node != slow.node || gpu.index != slow.gpu) continue;
            gpu.speed = slow.factor;
            slow_down(gpu.memory, slow.factor);
        }
    }
    void operator()(const LateRank& late) const { fabric.gpus[static_cast<std::size_t>(late.rank)].late = late.delay; }
};

}  // namespace

std::vector<bool> nics_down(const Cluster& cluster, int node, int nic_count) {
    std::vector<bool> is_down(static_cast<std::size_t>(nic_count));
    for (const Fault& fault : cluster.faults)
        if (const auto* down = std::get_if<NicDown>(&fault); down && down->node == node)
            is_down[static_cast<std::size_t>(down->nic)] = true;
    return is_down;
}

std::vector<std::vector<int>> nics_left(const Nics& nics, const std::vector<bool>& is_down) {
    std::vector<std::vector<int>> up = nics.of_gpu;
    for (std::vector<int>& of_gpu : up) std::erase_if(of_gpu, [&](int nic) { return is_down[static_cast<std::size_t>(nic)]; });
    const auto gpus = static_cast<int>(up.size());
    std::vector<std::vector<int>> left = up;
    for (int gpu = 0; gpu < gpus; ++gpu)
        for (int distance = 1; left[static_cast<std::size_t>(gpu)].empty() && distance < gpus; ++distance)
            for (const int neighbour : {gpu + distance, gpu - distance})  // the lower one, when both have some, stays
                if (neighbour >= 0 && neighbour < gpus && !up[static_cast<std::size_t>(neighbour)].empty())
                    left[static_cast<std::size_t>(gpu)] = up[static_cast<std::size_t>(neighbour)];
    return left;
}

void check_rails(const Cluster& cluster, const Fabric& fabric) {
    if (!std::holds_alternative<RailOnly>(cluster.network->kind)) return;
    const int switches = fabric.scale_out.switch_count();
    const auto share_a_rail = [&](int a, int b) {
        for (int rail = 0; rail < switches; ++rail)
            if (fabric.relay(a, rail).rank >= 0 && fabric.relay(b, rail).rank >= 0) return true;
        return false;
    };
    for (std::size_t index = cluster.faults.size(); index-- > 0;) {  // the last one is the one too many
        const auto* down = std::get_if<NicDown>(&cluster.faults[index]);
        for (int other = 0; down && other < fabric.node_count(); ++other)
            if (!share_a_rail(down->node, other))
                throw MisfitError(MisfitError::List::faults, index, "nic",
                                  "a NIC that leaves every two nodes a rail in common, because nothing joins separate rails");
    }
}

void apply_faults(const Cluster& cluster, Fabric& fabric) {
    for (std::size_t index = 0; index < cluster.faults.size(); ++index)
        std::visit(ApplyFault{cluster, fabric, index}, cluster.faults[index]);
}

}  // namespace tokenyard
