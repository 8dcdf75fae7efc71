#include "cluster/scale_up.hpp"

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

PathTable add_nvswitch(const std::vector<Member>& members, const ScaleUp& scale_up, double efficiency, Fabric& fabric) {
    for (const Member& member : members)
        fabric.gpus[static_cast<std::size_t>(member.rank)].scale_up =
            add_port(fabric, gpu_name(member.node, member.index) + "/nvlink", LinkKind::nvlink,
                     scale_up.bandwidth_per_gpu * efficiency, scale_up.latency, 0);
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
            paths.add(from, to, {{direct}, {}});
        }
    }
    return paths;
}

PathTable add_pcie_tree(const std::vector<Member>& members, const ScaleUp& scale_up, double efficiency, Fabric& fabric) {
    const int per_switch = static_cast<int>(members.size()) / scale_up.switches;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Member& member = members[i];
        Fabric::Gpu& gpu = fabric.gpus[static_cast<std::size_t>(member.rank)];
        gpu.scale_up = add_port(fabric, gpu_name(member.node, member.index) + "/pcie", LinkKind::pcie,
                                scale_up.bandwidth_per_gpu * efficiency, scale_up.latency, static_cast<int>(i) / per_switch);
        gpu.host = gpu.scale_up;  // the one link a GPU has: its NIC traffic crosses it too
    }
    std::vector<Port> uplinks;
    for (int i = 0; i < scale_up.switches && scale_up.switches > 1; ++i) {
        const std::string name = fmt::format("node{}/pcie{}", members.front().node, i);
        const LinkId up = add_link(fabric, name + "/up", LinkKind::pcie, scale_up.switch_uplink * efficiency, {});
        const LinkId down = add_link(fabric, name + "/down", LinkKind::pcie, scale_up.switch_uplink * efficiency, {});
        uplinks.push_back({up, down, i});
    }
    PathTable paths(scale_up.switches);
    for (int from = 0; from < scale_up.switches; ++from)
        for (int to = 0; to < scale_up.switches; ++to) {
            if (from == to) {
                paths.add(from, to, {});
                continue;
            }
            paths.add(from, to, {{uplinks[static_cast<std::size_t>(from)].out, uplinks[static_cast<std::size_t>(to)].in}, {}});
        }
    return paths;
}

void add_domain(const std::vector<Member>& members, const ScaleUp& scale_up, double efficiency, Fabric& fabric) {
    switch (scale_up.kind) {
        case ScaleUpKind::nvswitch: fabric.domains.push_back(add_nvswitch(members, scale_up, efficiency, fabric)); break;
        case ScaleUpKind::mesh: fabric.domains.push_back(add_mesh(members, scale_up, efficiency, fabric)); break;
        case ScaleUpKind::pcie: fabric.domains.push_back(add_pcie_tree(members, scale_up, efficiency, fabric)); break;
    }
}

}  // namespace

LinkId add_link(Fabric& fabric, std::string name, LinkKind kind, Bandwidth capacity, Seconds latency) {
    fabric.links.push_back({std::move(name), kind, capacity, latency});
    return static_cast<LinkId>(fabric.links.size() - 1);
}

void add_gpus_and_domains(const Cluster& cluster, Fabric& fabric) {
    int node = 0;
    for (const NodeGroup& group : cluster.groups) {
        const int domain_size = group.node.scale_up ? group.node.scale_up->domain : 1;
        std::vector<Member> members;
        for (int in_group = 0; in_group < group.count; ++in_group, ++node)
            for (int index = 0; index < group.node.gpus; ++index) {
                members.push_back({fabric.rank_count(), node, index});
                Fabric::Gpu gpu;
                gpu.node = node;
                gpu.index = index;
                gpu.domain = static_cast<int>(fabric.domains.size());
                if (group.node.pcie)
                    gpu.host = add_port(fabric, gpu_name(node, index) + "/pcie", LinkKind::pcie,
                                        group.node.pcie->bandwidth * cluster.efficiency.pcie, group.node.pcie->latency, 0);
                gpu.model = group.node.gpu;
                gpu.memory =
                    add_link(fabric, gpu_name(node, index) + "/memory", LinkKind::memory, group.node.gpu.memory_bandwidth, {});
                fabric.gpus.push_back(gpu);
                if (static_cast<int>(members.size()) < domain_size) continue;
                if (group.node.scale_up) add_domain(members, *group.node.scale_up, cluster.efficiency.scale_up, fabric);
                else fabric.domains.emplace_back();
                members.clear();
            }
    }
}

}  // namespace tokenyard
