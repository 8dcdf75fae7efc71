// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl_communicator_of.hpp"

#include "collective/nccl/search.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <set>

namespace tokenyard {
namespace {

bool are_joined_by_nvlink(const Fabric& fabric, int a, int b) {
    std::vector<LinkId> links;
    fabric.append_route(a, b, 0, 0, links);
    return std::ranges::all_of(links, [&fabric](LinkId link) { return fabric.links[link].kind == LinkKind::nvlink; });
}

/// The lowest NIC of the island whose first rank this is. NICs may be handed out in any order, so any of its GPUs can have it.
std::uint32_t first_nic_of_island(const Fabric& fabric, const std::vector<int>& island_of_rank, std::size_t first, int ranks) {
    std::uint32_t lowest = std::numeric_limits<std::uint32_t>::max();
    for (std::size_t rank = first; rank < static_cast<std::size_t>(ranks) && island_of_rank[rank] == island_of_rank[first];
         ++rank)
        for (const std::uint32_t nic : fabric.gpus[rank].nics) lowest = std::min(lowest, nic);
    return lowest;
}

/// What NCCL reckons that a GPU sends through one of its NICs: no more than its PCIe carries. 0: it has no NIC.
Bandwidth reckoned_nic(const Fabric::LineRates& line) {
    return line.pcie.si > 0 ? std::min(line.nic, nccl_pcie_rate(line.pcie)) : line.nic;
}

/// The machine as NCCL's search sees it, by the first node and its first GPU.
NcclMachine machine_of(const Fabric& fabric, const NcclLayout& layout, const NcclCosts& costs) {
    NcclMachine machine;
    const Fabric::LineRates& line = fabric.gpus.front().line;
    machine.compute_capability = costs.compute_capability;
    machine.nodes = static_cast<int>(layout.nodes.size());
    machine.gpus = layout.nodes.front().ranks;
    if (layout.is_network_inside) {  // rings go through NICs alone
        machine.gpus = 1;
        machine.nodes = std::max(2, machine.nodes);
    }
    machine.nvlinks = layout.nvlink_domain >= machine.gpus ? nvlinks_of(line.nvlink, costs.compute_capability) : 0;
    machine.pcie = nccl_pcie_rate(line.pcie);
    std::set<int> nics;
    for (const std::vector<int>& of_gpu : layout.nodes.front().nics_of_gpu) nics.insert(of_gpu.begin(), of_gpu.end());
    machine.nics = static_cast<int>(nics.size());
    machine.nic = reckoned_nic(line);
    if (const auto of_gpu = static_cast<int>(fabric.gpus.front().nics.size()); costs.merged_nics && of_gpu > 1) {
        machine.nics /= of_gpu;
        machine.nic = reckoned_nic({{}, line.pcie, line.nic * of_gpu});
    }
    return machine;
}

/// NVLinks from a GPU to one of its domain: all of them through a switch, its share of them in a mesh.
int links_to_a_peer(const Fabric& fabric, int domain, const NcclCosts& costs) {
    const Fabric::Gpu& gpu = fabric.gpus.front();
    const int links = nvlinks_of(gpu.line.nvlink, costs.compute_capability);
    return gpu.scale_up.out == no_link ? std::max(1, links / std::max(1, domain - 1)) : links;
}

int channels_found(const Fabric& fabric, const NcclLayout& layout, const NcclCosts& costs) {
    if (static_cast<NcclVersion>(costs.version) == NcclVersion::rccl)
        return layout.nodes.size() > 1 ? rccl_channels_nodes : rccl_channels_one_node;
    return nccl_channels_found(machine_of(fabric, layout, costs));
}

void apply_settings(const NcclCosts& costs, NcclLayout& layout) {
    NcclSettings& settings = layout.settings;
    settings.version = static_cast<NcclVersion>(costs.version);
    settings.uses_pxn = costs.pxn != 0;
    if (settings.version == NcclVersion::rccl) settings.ll_threshold_a_channel = rccl_ll_threshold;
    settings.min_p2p_channels = costs.min_channels;
    settings.max_p2p_channels = costs.max_channels;
    settings.nics_per_gpu = costs.nics_per_gpu;
    if (costs.channels_per_net_peer > 0) settings.channels_per_net_peer = costs.channels_per_net_peer;
    settings.net_chunk = costs.net_chunk;
    settings.pcie_chunk = costs.pcie_chunk;
    settings.nvlink_chunk = costs.nvlink_chunk;
    settings.buffer = costs.buffer;
    layout.collective_channels = std::max(layout.collective_channels, costs.min_ctas);
    if (costs.max_ctas > 0) layout.collective_channels = std::min(layout.collective_channels, costs.max_ctas);
}

}  // namespace

NcclCommunicator nccl_communicator_of(const Fabric& fabric, int ranks, const NcclCosts& costs) {
    NcclLayout layout;
    // Ranks that reach the others of their node over NICs only are one node to NCCL all the same.
    layout.is_network_inside = std::ranges::all_of(fabric.gpus, [](const Fabric::Gpu& gpu) { return gpu.is_alone; });
    const std::vector<int> island_of_rank = layout.is_network_inside ? fabric.node_of_each_rank() : fabric.island_of_each_rank();
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
    if (ranks > 1 && island_of_rank[1] == island_of_rank[0] && !layout.is_network_inside && are_joined_by_nvlink(fabric, 0, 1)) {
        const auto is_of_domain = [&fabric](const Fabric::Gpu& gpu) { return gpu.domain == fabric.gpus.front().domain; };
        const int domain = static_cast<int>(std::ranges::count_if(fabric.gpus, is_of_domain));
        layout.nvlink_domain = std::min(domain, ranks);
        layout.nvlink_links = links_to_a_peer(fabric, domain, costs);
    }
    if (const Bandwidth nic = reckoned_nic(fabric.gpus.front().line); nic.si > 0)
        layout.net_rate = nic * static_cast<double>(fabric.gpus.front().nics.size());
    layout.collective_channels = costs.search_channels > 0 ? costs.search_channels : channels_found(fabric, layout, costs);
    apply_settings(costs, layout);
    return make_nccl_communicator(std::move(layout));
}

}  // namespace tokenyard
