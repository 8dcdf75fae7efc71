// SPDX-License-Identifier: Apache-2.0
#include "cluster/scale_up.hpp"

#include "cluster/links.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tokenyard {
namespace {

std::string gpu_name(int node, int gpu) { return fmt::format("node{}/gpu{}", node, gpu); }

/// Two links, out of and into a GPU, each with half the latency of a crossing.
Port add_port(Fabric& fabric, const std::string& name, LinkKind kind, Bandwidth capacity, Seconds latency, int switch_index) {
    const LinkId out = add_link(fabric, name + "/out", kind, capacity, latency / 2);
    const LinkId in = add_link(fabric, name + "/in", kind, capacity, latency / 2);
    return {out, in, switch_index};
}

/// The GPUs of one domain, as ranks and as node and index in it.
struct Member {
    int rank = 0, node = 0, index = 0;
};

void add_memory(const Member& member, Fabric& fabric) {
    Fabric::Gpu& gpu = fabric.gpus[static_cast<std::size_t>(member.rank)];
    gpu.memory = add_link(fabric, gpu_name(member.node, member.index) + "/memory", LinkKind::memory,
                          fabric.gpu_models[gpu.model].memory_bandwidth, {});
}

PathTable add_nvswitch(const std::vector<Member>& members, const ScaleUp& scale_up, double efficiency, Fabric& fabric) {
    for (const Member& member : members) {
        fabric.gpus[static_cast<std::size_t>(member.rank)].scale_up =
            add_port(fabric, gpu_name(member.node, member.index) + "/nvlink", LinkKind::nvlink,
                     scale_up.bandwidth_per_gpu * efficiency, scale_up.latency, 0);
        add_memory(member, fabric);
    }
    PathTable paths(1);
    paths.add(0, 0, {});
    return paths;
}

/// Every GPU is its own switch here, and each pair has its share of the GPU's bandwidth to itself.
PathTable add_mesh(const std::vector<Member>& members, const ScaleUp& scale_up, double efficiency, Fabric& fabric) {
    const int count = static_cast<int>(members.size());
    PathTable paths(count);
    const Bandwidth each = scale_up.bandwidth_per_gpu * efficiency / std::max(count - 1, 1);
    for (int from = 0; from < count; ++from) {
        const Member& source = members[static_cast<std::size_t>(from)];
        fabric.gpus[static_cast<std::size_t>(source.rank)].scale_up.switch_index = from;
        for (int to = 0; to < count; ++to) {
            if (from == to) continue;
            const Member& destination = members[static_cast<std::size_t>(to)];
            const std::string peer = source.node == destination.node ? fmt::format("gpu{}", destination.index)
                                                                     : gpu_name(destination.node, destination.index);
            const LinkId direct = add_link(fabric, gpu_name(source.node, source.index) + "/nvlink/" + peer, LinkKind::nvlink,
                                           each, scale_up.latency);
            paths.add(from, to, {{{direct, no_group}}, {}});
        }
        add_memory(source, fabric);
    }
    return paths;
}

/// Gives the index of the first. One switch alone has no links: it is never crossed.
int add_pcie_switches(int node, int count, Bandwidth uplink, Fabric& fabric) {
    const int first = static_cast<int>(fabric.pcie_switches.size());
    for (int i = 0; i < count && count > 1; ++i) {
        const std::string name = fmt::format("node{}/pcie{}", node, i);
        const LinkId up = add_link(fabric, name + "/up", LinkKind::pcie, uplink, {});
        const LinkId down = add_link(fabric, name + "/down", LinkKind::pcie, uplink, {});
        fabric.pcie_switches.push_back({up, down});
    }
    return first;
}

PathTable add_pcie_tree(const std::vector<Member>& members, const ScaleUp& scale_up, double efficiency, Fabric& fabric) {
    const int per_switch = static_cast<int>(members.size()) / scale_up.switches;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Member& member = members[i];
        Fabric::Gpu& gpu = fabric.gpus[static_cast<std::size_t>(member.rank)];
        gpu.scale_up = add_port(fabric, gpu_name(member.node, member.index) + "/pcie", LinkKind::pcie,
                                scale_up.bandwidth_per_gpu * efficiency, scale_up.latency, static_cast<int>(i) / per_switch);
        gpu.host = gpu.scale_up;  // the one link to the world a GPU has: its NIC traffic crosses it too
        add_memory(member, fabric);
    }
    const int first = add_pcie_switches(members.front().node, scale_up.switches, scale_up.switch_uplink * efficiency, fabric);
    for (std::size_t i = 0; i < members.size() && scale_up.switches > 1; ++i)
        fabric.gpus[static_cast<std::size_t>(members[i].rank)].pcie_switch = first + static_cast<int>(i) / per_switch;
    const auto pcie_switch = [&](int index) {
        return fabric.pcie_switches[static_cast<std::size_t>(first) + static_cast<std::size_t>(index)];
    };
    PathTable paths(scale_up.switches);
    for (int from = 0; from < scale_up.switches; ++from)
        for (int to = 0; to < scale_up.switches; ++to) {
            if (from == to) {
                paths.add(from, to, {});
                continue;
            }
            paths.add(from, to, {{{pcie_switch(from).up, no_group}, {pcie_switch(to).down, no_group}}, {}});
        }
    return paths;
}

PathTable add_domain(const std::vector<Member>& members, const std::optional<ScaleUp>& scale_up, double efficiency,
                     Fabric& fabric) {
    if (!scale_up) {
        for (const Member& member : members) add_memory(member, fabric);
        return {};
    }
    switch (scale_up->kind) {
        case ScaleUpKind::nvswitch: return add_nvswitch(members, *scale_up, efficiency, fabric);
        case ScaleUpKind::mesh: return add_mesh(members, *scale_up, efficiency, fabric);
        case ScaleUpKind::pcie: return add_pcie_tree(members, *scale_up, efficiency, fabric);
    }
    return {};
}

Fabric::LineRates line_rates(const Node& node) {
    Fabric::LineRates line;
    if (node.scale_up) (node.scale_up->kind == ScaleUpKind::pcie ? line.pcie : line.nvlink) = node.scale_up->bandwidth_per_gpu;
    if (node.pcie) line.pcie = node.pcie->bandwidth;
    if (node.nics) line.nic = node.nics->bandwidth;
    return line;
}

/// The GPUs of one node with their PCIe links, not yet in a domain.
void add_node(const Node& node, int index_of_node, double efficiency, Fabric& fabric) {
    for (int index = 0; index < node.gpus; ++index) {
        Fabric::Gpu gpu;
        gpu.node = index_of_node;
        gpu.index = index;
        gpu.model = fabric.gpu_models.size() - 1;
        gpu.is_alone = node.uses_nics_inside;
        gpu.line = line_rates(node);
        if (node.pcie)
            gpu.host = add_port(fabric, gpu_name(index_of_node, index) + "/pcie", LinkKind::pcie,
                                node.pcie->bandwidth * efficiency, node.pcie->latency, 0);
        fabric.gpus.push_back(gpu);
    }
    if (!node.pcie || node.pcie->switches == 1) return;
    const int first = add_pcie_switches(index_of_node, node.pcie->switches, node.pcie->switch_uplink * efficiency, fabric);
    for (int index = 0; index < node.gpus; ++index)
        fabric.gpus[fabric.gpus.size() - static_cast<std::size_t>(node.gpus - index)].pcie_switch =
            first + index / (node.gpus / node.pcie->switches);
}

}  // namespace

void add_gpus_and_domains(const Cluster& cluster, Fabric& fabric) {
    int node = 0;
    for (const NodeGroup& group : cluster.groups) {
        const int domain_size = group.node.scale_up ? group.node.scale_up->domain : 1;
        fabric.gpu_models.push_back(group.node.gpu);
        std::vector<Member> members;
        for (int in_group = 0; in_group < group.count; ++in_group, ++node) {
            add_node(group.node, node, cluster.efficiency.pcie, fabric);
            for (int index = 0; index < group.node.gpus; ++index) {
                const int rank = fabric.rank_count() - group.node.gpus + index;
                fabric.gpus[static_cast<std::size_t>(rank)].domain = static_cast<int>(fabric.domains.size());
                members.push_back({rank, node, index});
                if (static_cast<int>(members.size()) < domain_size) continue;
                PathTable domain = add_domain(members, group.node.scale_up, cluster.efficiency.scale_up, fabric);
                fabric.domains.push_back(std::move(domain));
                members.clear();
            }
        }
    }
}

}  // namespace tokenyard
