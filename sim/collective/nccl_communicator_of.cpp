// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl_communicator_of.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace tokenyard {
namespace {

constexpr Bandwidth link_payload = gigabytes_per_second(20.6);  // NCCL v2.28.9-1, graph/topo.h: SM90_NVLINK_BW

/// Payload of NVLink between two GPUs; 0 when they are joined by something else.
Bandwidth nvlink_between(const Fabric& fabric, int a, int b) {
    std::vector<LinkId> links;
    fabric.append_route(a, b, 0, 0, links);
    Bandwidth least = fabric.links[links.front()].capacity;
    for (const LinkId link : links) {
        if (fabric.links[link].kind != LinkKind::nvlink) return {};
        least = std::min(least, fabric.links[link].capacity);
    }
    return least;
}

/// The lowest NIC of the island whose first rank this is. NICs may be handed out in any order, so any of its GPUs can have it.
std::uint32_t first_nic_of_island(const Fabric& fabric, const std::vector<int>& island_of_rank, std::size_t first, int ranks) {
    std::uint32_t lowest = std::numeric_limits<std::uint32_t>::max();
    for (std::size_t rank = first; rank < static_cast<std::size_t>(ranks) && island_of_rank[rank] == island_of_rank[first];
         ++rank)
        for (const std::uint32_t nic : fabric.gpus[rank].nics) lowest = std::min(lowest, nic);
    return lowest;
}

}  // namespace

NcclCommunicator nccl_communicator_of(const Fabric& fabric, int ranks, const NcclCosts& costs) {
    NcclLayout layout;
    const std::vector<int> island_of_rank = fabric.island_of_each_rank();
    std::uint32_t first_nic = 0;  // of the island
    for (int rank = 0; rank < ranks; ++rank) {
        const auto index = static_cast<std::size_t>(rank);
        const Fabric::Gpu& gpu = fabric.gpus[index];
        if (rank == 0 || island_of_rank[index] != island_of_rank[index - 1]) {
            layout.nodes.push_back({0, {}});
            first_nic = first_nic_of_island(fabric, island_of_rank, index, ranks);
        }
        ++layout.nodes.back().ranks;
        if (gpu.nics.empty()) continue;
        std::vector<int>& nics = layout.nodes.back().nics_of_gpu.emplace_back();
        for (const std::uint32_t nic : gpu.nics) {
            assert(nic >= first_nic && "NICs of an island are numbered from its lowest");
            nics.push_back(static_cast<int>(nic - first_nic));
        }
    }
    layout.nvlink_domain = 1;
    if (ranks > 1 && island_of_rank[1] == island_of_rank[0])
        if (const Bandwidth payload = nvlink_between(fabric, 0, 1); payload.si > 0) {
            layout.nvlink_links = std::max(1, static_cast<int>(std::lround(payload / link_payload)));
            while (layout.nvlink_domain < ranks &&
                   fabric.gpus[static_cast<std::size_t>(layout.nvlink_domain)].domain == fabric.gpus[0].domain)
                ++layout.nvlink_domain;
        }
    if (costs.search_channels > 0) layout.collective_channels = costs.search_channels;
    layout.settings.chooses_ll_by_channels = costs.version >= nccl_2_29;
    layout.settings.uses_pxn = costs.pxn != 0;
    return make_nccl_communicator(std::move(layout));
}

}  // namespace tokenyard
