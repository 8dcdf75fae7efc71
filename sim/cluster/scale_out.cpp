// SPDX-License-Identifier: Apache-2.0
#include "cluster/scale_out.hpp"

#include "cluster/faults.hpp"
#include "cluster/links.hpp"
#include "cluster/switch_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <utility>

namespace tokenyard {
namespace {

/// A NIC as the fabrics place it.
struct NicPlace {
    int node = 0, nic = 0;
    Bandwidth bandwidth;  // line rate
};

/// Leaves with NICs below, and what joins the leaves. Every tree-like fabric is one.
struct Tree {
    std::vector<std::string> leaf_names;
    std::vector<int> leaf_of_nic;
    double oversubscription = 1;
    bool is_joined = true;  // false: nothing above the leaves
    int pod_leaves = 0;     // 0: one spine joins all leaves
    double pod_oversubscription = 1;
    int spines = 0;      // 0: uplinks are one link that is used evenly
    int leaf_ports = 0;  // of the switches above leaves too
};

/// The links of a NIC; none when it is down.
Fabric::Nic add_nic(const std::string& name, const Nics& nics, bool is_down, double efficiency, Fabric& fabric) {
    Fabric::Nic nic;
    if (is_down) return nic;
    nic.out = add_link(fabric, name + "/out", LinkKind::nic, nics.bandwidth * efficiency, nics.latency / 2);
    nic.in = add_link(fabric, name + "/in", LinkKind::nic, nics.bandwidth * efficiency, nics.latency / 2);
    return nic;
}

/// Tells the GPUs of a node, of which `gpu` is the first, which NICs they use; `first_nic` is the node's first.
void hand_out(const Nics& nics, const std::vector<bool>& is_down, std::uint32_t first_nic, Fabric::Gpu* gpu) {
    const std::vector<std::vector<int>> left = nics_left(nics, is_down);
    for (std::size_t index = 0; index < left.size(); ++index, ++gpu) {
        for (const int nic : left[index]) gpu->nics.push_back(first_nic + static_cast<std::uint32_t>(nic));
        const std::vector<int>& own = nics.of_gpu[index];
        gpu->borrows_nics = std::all_of(own.begin(), own.end(), [&](int nic) { return is_down[static_cast<std::size_t>(nic)]; });
    }
}

std::vector<NicPlace> add_nics(const Cluster& cluster, Fabric& fabric) {
    std::vector<NicPlace> places;
    std::size_t rank = 0;
    int node = 0;
    for (const NodeGroup& group : cluster.groups)
        for (int in_group = 0; in_group < group.count; ++in_group, ++node) {
            assert(group.node.nics);
            const Nics& nics = *group.node.nics;
            const auto first = static_cast<std::uint32_t>(fabric.nics.size());
            const std::vector<bool> is_down = nics_down(cluster, node, nics.count);
            for (int index = 0; index < nics.count; ++index) {
                const auto i = static_cast<std::size_t>(index);
                Fabric::Nic nic =
                    add_nic(fmt::format("node{}/nic{}", node, index), nics, is_down[i], cluster.efficiency.scale_out, fabric);
                // the switch of the node's first GPU is its first one
                if (!nics.pcie_switch.empty()) nic.pcie_switch = fabric.gpus[rank].pcie_switch + nics.pcie_switch[i];
                fabric.nics.push_back(nic);
                places.push_back({node, index, nics.bandwidth});
            }
            hand_out(nics, is_down, first, fabric.gpus.data() + rank);
            rank += nics.of_gpu.size();
        }
    return places;
}

/// One leaf a rail, or with `nodes_per_leaf` full one more.
Tree rails(const std::vector<NicPlace>& nics, int nodes_per_leaf) {
    Tree tree;
    std::map<std::pair<int, int>, int> leaf_of;  // unit of nodes, rail
    for (const NicPlace& place : nics) {
        const auto [leaf, is_new] =
            leaf_of.try_emplace({place.node / nodes_per_leaf, place.nic}, static_cast<int>(tree.leaf_names.size()));
        if (is_new) tree.leaf_names.push_back(fmt::format("rail{}/leaf{}", place.nic, place.node / nodes_per_leaf));
        tree.leaf_of_nic.push_back(leaf->second);
    }
    return tree;
}

Tree tree_of(const SingleSwitch&, const std::vector<NicPlace>& nics) {
    Tree tree;
    tree.leaf_names = {"switch"};
    tree.leaf_of_nic.assign(nics.size(), 0);
    return tree;
}

Tree tree_of(const RailOptimized& fabric, const std::vector<NicPlace>& nics) {
    Tree tree = rails(nics, fabric.leaf_down_ports);
    tree.oversubscription = fabric.oversubscription;
    tree.spines = fabric.spines;
    tree.leaf_ports = fabric.leaf_ports;
    return tree;
}

Tree tree_of(const RailOnly& fabric, const std::vector<NicPlace>& nics) {
    Tree tree = rails(nics, fabric.leaf_ports);
    tree.is_joined = false;
    return tree;
}

/// Nodes in order; a node whose NICs no longer fit opens the next leaf.
Tree tree_of(const FatTree& fabric, const std::vector<NicPlace>& nics) {
    Tree tree;
    tree.oversubscription = fabric.oversubscription;
    tree.pod_leaves = fabric.levels == 3 ? fabric.pod_leaves : 0;
    tree.pod_oversubscription = fabric.pod_oversubscription;
    tree.spines = fabric.spines;
    tree.leaf_ports = fabric.leaf_ports;
    int leaf = 0, used = 0;
    for (std::size_t first = 0; first < nics.size();) {
        std::size_t end = first;
        while (end < nics.size() && nics[end].node == nics[first].node) ++end;
        const int of_node = static_cast<int>(end - first);
        if (used + of_node > fabric.leaf_down_ports) {
            ++leaf;
            used = 0;
        }
        used += of_node;
        tree.leaf_of_nic.insert(tree.leaf_of_nic.end(), end - first, leaf);
        first = end;
    }
    for (int i = 0; i <= leaf; ++i)
        tree.leaf_names.push_back(tree.pod_leaves > 0 ? fmt::format("pod{}/leaf{}", i / tree.pod_leaves, i)
                                                      : fmt::format("leaf{}", i));
    return tree;
}

/// Up from a leaf or a pod, and down to it.
struct Uplink {
    PathTable::Step up, down;
};

struct Uplinks {
    std::vector<Uplink> leaves, pods;
};

/// One link each way, or with `spines` one for each of them: equal parts that a hash chooses from.
Uplink add_uplink(const std::string& below, LinkKind kind, Bandwidth capacity, int spines, Fabric& fabric) {
    const auto add = [&](const std::string& name, Bandwidth each) { return add_link(fabric, name, kind, each, {}); };
    if (spines == 0) {
        const LinkId up = add(below + "/up", capacity), down = add(below + "/down", capacity);
        return {{up, no_group}, {down, no_group}};
    }
    EcmpGroup up{below + "/up", {}}, down{below + "/down", {}};
    for (int spine = 0; spine < spines; ++spine) {
        up.links.push_back(add(fmt::format("{}/spine{}/up", below, spine), capacity / spines));
        down.links.push_back(add(fmt::format("{}/spine{}/down", below, spine), capacity / spines));
    }
    const auto group = static_cast<std::uint32_t>(fabric.ecmp_groups.size());
    fabric.ecmp_groups.push_back(std::move(up));
    fabric.ecmp_groups.push_back(std::move(down));
    return {{no_link, group}, {no_link, group + 1}};
}

/// Up and down links of every leaf and pod; a single leaf, or a single pod, needs none.
Uplinks add_uplinks(const Tree& tree, const std::vector<NicPlace>& nics, double efficiency, Fabric& fabric) {
    const std::size_t leaf_count = tree.leaf_names.size();
    std::vector<Bandwidth> below(leaf_count);
    for (std::size_t nic = 0; nic < nics.size(); ++nic)
        below[static_cast<std::size_t>(tree.leaf_of_nic[nic])] += nics[nic].bandwidth;
    Uplinks uplinks;
    if (!tree.is_joined || leaf_count == 1) return uplinks;
    const auto pod_leaves = static_cast<std::size_t>(tree.pod_leaves);
    std::vector<Bandwidth> below_pod(pod_leaves > 0 ? (leaf_count + pod_leaves - 1) / pod_leaves : 0);
    for (std::size_t leaf = 0; leaf < leaf_count; ++leaf) {
        const Bandwidth up = below[leaf] / tree.oversubscription;
        if (pod_leaves > 0) below_pod[leaf / pod_leaves] += up;
        uplinks.leaves.push_back(add_uplink(tree.leaf_names[leaf], LinkKind::leaf, up * efficiency, tree.spines, fabric));
    }
    for (std::size_t pod = 0; pod < below_pod.size() && below_pod.size() > 1; ++pod) {
        const Bandwidth up = below_pod[pod] / tree.pod_oversubscription * efficiency;
        uplinks.pods.push_back(add_uplink(fmt::format("pod{}", pod), LinkKind::pod, up, tree.spines, fabric));
    }
    return uplinks;
}

/// leaf; leaf, spine, leaf; or leaf, spine, core, spine, leaf.
PathTable tree_paths(const Tree& tree, const Uplinks& uplinks, Seconds hop_latency) {
    const int leaf_count = static_cast<int>(tree.leaf_names.size());
    PathTable paths(leaf_count);
    for (int from = 0; from < leaf_count; ++from)
        for (int to = 0; to < leaf_count; ++to) {
            if (from == to) {
                paths.add(from, to, {{}, hop_latency});
                continue;
            }
            if (!tree.is_joined) continue;
            const PathTable::Step up = uplinks.leaves[static_cast<std::size_t>(from)].up,
                                  down = uplinks.leaves[static_cast<std::size_t>(to)].down;
            const int from_pod = tree.pod_leaves > 0 ? from / tree.pod_leaves : 0,
                      to_pod = tree.pod_leaves > 0 ? to / tree.pod_leaves : 0;
            if (from_pod == to_pod) {
                paths.add(from, to, {{up, down}, hop_latency * 3});
            } else {
                const PathTable::Step pod_up = uplinks.pods[static_cast<std::size_t>(from_pod)].up,
                                      pod_down = uplinks.pods[static_cast<std::size_t>(to_pod)].down;
                paths.add(from, to, {{up, pod_up, pod_down, down}, hop_latency * 5});
            }
        }
    return paths;
}

int over_rounded_up(int count, double divisor) { return static_cast<int>(std::ceil(count / divisor - 1e-9)); }

/// Leaves, and as many switches above them as their uplinks fill. A leaf has an uplink port for each `oversubscription` NICs, a
/// switch of a pod one to the core for each `pod_oversubscription` leaf ports; `spines`, where given, is how many join the
/// leaves.
int switches_of(const Tree& tree) {
    const int leaves = static_cast<int>(tree.leaf_names.size());
    if (!tree.is_joined || leaves == 1) return leaves;
    const int pod_leaves = tree.pod_leaves > 0 ? tree.pod_leaves : leaves, pods = over_rounded_up(leaves, pod_leaves);
    std::vector<int> nics(static_cast<std::size_t>(leaves));
    for (const int leaf : tree.leaf_of_nic) ++nics[static_cast<std::size_t>(leaf)];
    std::vector<int> down(static_cast<std::size_t>(pods));  // ports of a pod's switches to its leaves
    for (int leaf = 0; leaf < leaves; ++leaf)
        down[static_cast<std::size_t>(leaf / pod_leaves)] +=
            over_rounded_up(nics[static_cast<std::size_t>(leaf)], tree.oversubscription);
    int switches = leaves, core_ports = 0;
    for (const int ports : down) {
        const int up = pods > 1 ? over_rounded_up(ports, tree.pod_oversubscription) : 0;
        switches += tree.spines > 0 ? tree.spines : over_rounded_up(ports + up, tree.leaf_ports);
        core_ports += up;
    }
    return switches + over_rounded_up(core_ports, tree.leaf_ports);
}

void add_tree(const Tree& tree, const std::vector<NicPlace>& nics, const Cluster& cluster, Fabric& fabric) {
    for (std::size_t nic = 0; nic < nics.size(); ++nic) fabric.nics[nic].switch_index = tree.leaf_of_nic[nic];
    const Uplinks uplinks = add_uplinks(tree, nics, cluster.efficiency.scale_out, fabric);
    fabric.switch_names = tree.leaf_names;
    fabric.switch_count = switches_of(tree);
    fabric.hash_seed = cluster.network->hash_seed;
    fabric.scale_out = tree_paths(tree, uplinks, cluster.network->hop_latency);
}

}  // namespace

void add_scale_out(const Cluster& cluster, Fabric& fabric) {
    const std::vector<NicPlace> nics = add_nics(cluster, fabric);
    if (const auto* graph = std::get_if<SwitchGraph>(&cluster.network->kind)) {
        add_switch_graph(*graph, cluster, fabric);
        fabric.switch_count = static_cast<int>(graph->switches.size());
        return;
    }
    const auto place = [&](const auto& kind) {
        if constexpr (requires { tree_of(kind, nics); }) add_tree(tree_of(kind, nics), nics, cluster, fabric);
    };
    std::visit(place, cluster.network->kind);
}

}  // namespace tokenyard
