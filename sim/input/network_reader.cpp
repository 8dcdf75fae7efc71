// SPDX-License-Identifier: Apache-2.0
#include "input/network_reader.hpp"

#include "input/nearest.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace tokenyard {
namespace {

constexpr long most_ports = 4096;
constexpr double most_oversubscribed = 1000;
constexpr std::size_t most_cables = 65536;  // entries of graph.links

std::vector<int> nic_counts(const std::vector<NodeGroup>& groups) {
    std::vector<int> counts;
    for (const NodeGroup& group : groups)
        counts.insert(counts.end(), static_cast<std::size_t>(group.count), group.node.nics->count);
    return counts;
}

struct Leaf {
    int ports = 0, down_ports = 0;
    double oversubscription = 1;
};

/// With d ports below and u above, o = d / u and d + u = ports give d = ports x o / (1 + o).
Leaf leaf_from(const StrictMap& map) {
    Leaf leaf;
    YamlPtr ports;
    Refusals refusals;
    refusals.attempt([&] {
        ports = map.required("leaf_ports");
        leaf.ports = static_cast<int>(count_value(*ports, 1, most_ports));
    });
    refusals.attempt([&] {
        leaf.oversubscription = number_value(*map.required("oversubscription"), 1 / most_oversubscribed, most_oversubscribed);
    });
    refusals.expect_none();
    if (const YamlPtr down = map.optional("leaf_down_ports")) {
        leaf.down_ports = static_cast<int>(count_value(*down, 1, leaf.ports));
        return leaf;
    }
    constexpr double rounding = 1e-9;  // 64 x 1 / 2 must not become 31
    leaf.down_ports = static_cast<int>(std::floor(leaf.ports * leaf.oversubscription / (1 + leaf.oversubscription) + rounding));
    if (leaf.down_ports < 1)
        refuse(*ports, fmt::format("enough ports for one below a leaf at oversubscription {}", leaf.oversubscription));
    return leaf;
}

/// Spines that static ECMP spreads a leaf's flows over; 0 for adaptive routing.
int spines_from(const StrictMap& map, const Leaf& leaf) {
    const YamlPtr routing = map.optional("routing");
    const bool is_ecmp = routing && word_value(*routing, {"adaptive", "ecmp"}) == 1;
    if (is_ecmp) {
        const YamlPtr spines = map.required("spines");
        const int count = static_cast<int>(count_value(*spines, 1, most_ports)), uplinks = leaf.ports - leaf.down_ports;
        if (count > uplinks) refuse(*spines, fmt::format("at most the {} ports of a leaf that lead upwards", uplinks));
        return count;
    }
    map.refuse("spines", "only routing ecmp tells them apart");
    map.refuse("hash_seed", "only routing ecmp hashes");
    return 0;
}

RailOptimized rail_optimized_from(const YamlPtr& yaml) {
    Refusals refusals;
    const StrictMap map(
        yaml, "fabric",
        {"kind", "leaf_ports", "oversubscription", "leaf_down_ports", "routing", "spines", "hash_seed", "hop_latency"},
        &refusals);
    RailOptimized rails;
    refusals.attempt([&] {
        const Leaf leaf = leaf_from(map);
        rails = {leaf.ports, leaf.down_ports, leaf.oversubscription, spines_from(map, leaf)};
    });
    refusals.expect_none();
    return rails;
}

/// Which of a node's NICs some GPU uses; equally long for all nodes, so that they compare.
std::vector<bool> rails_of(const NodeGroup& group) {
    std::vector<bool> is_used(static_cast<std::size_t>(most_ports));
    for (const std::vector<int>& nics : group.node.nics->of_gpu)
        for (const int nic : nics) is_used[static_cast<std::size_t>(nic)] = true;
    return is_used;
}

/// True when a GPU of any node can change to any other node's rail before it leaves, or after it arrives: of two
/// nodes, one has all rails of the other.
bool share_rails(const std::vector<NodeGroup>& groups) {
    std::set<std::vector<bool>> different;
    for (const NodeGroup& group : groups) different.insert(rails_of(group));
    std::vector<std::vector<bool>> rails(different.begin(), different.end());
    const auto count = [](const std::vector<bool>& one) { return std::count(one.begin(), one.end(), true); };
    std::sort(rails.begin(), rails.end(), [&](const auto& a, const auto& b) { return count(a) < count(b); });
    for (std::size_t i = 1; i < rails.size(); ++i)
        for (std::size_t nic = 0; nic < rails[i].size(); ++nic)
            if (rails[i - 1][nic] && !rails[i][nic]) return false;
    return true;
}

RailOnly rail_only_from(const YamlPtr& yaml, const std::vector<NodeGroup>* known) {
    const StrictMap map(yaml, "fabric", {"kind", "leaf_ports", "hop_latency"});
    const YamlPtr ports = map.required("leaf_ports");
    const RailOnly rails{static_cast<int>(count_value(*ports, 1, most_ports))};
    if (!known) return rails;
    const std::vector<NodeGroup>& groups = *known;
    const std::size_t nodes = nic_counts(groups).size();
    if (nodes > static_cast<std::size_t>(rails.leaf_ports))
        refuse(*ports, fmt::format("at least the {} nodes, because separate rails have one leaf each", nodes));
    const bool is_split = std::any_of(groups.begin(), groups.end(), [](const NodeGroup& group) {
        return group.node.nics->count > 1 && group.node.gpus > 1 && group.node.scale_up->domain < group.node.gpus &&
               !group.node.pcie;
    });
    if (is_split) refuse(*yaml, "a scale-up domain over each node, because separate rails are changed inside the node");
    if (!share_rails(groups)) refuse(*yaml, "rails that every two nodes share, because nothing joins separate rails");
    return rails;
}

void read_levels(const StrictMap& map, FatTree& tree) {
    tree.levels = static_cast<int>(count_value(*map.required("levels"), 2, 3));
    if (tree.levels == 3) {
        tree.pod_leaves = static_cast<int>(count_value(*map.required("pod_leaves"), 1, most_ports));
        if (const YamlPtr over = map.optional("pod_oversubscription"))
            tree.pod_oversubscription = number_value(*over, 1 / most_oversubscribed, most_oversubscribed);
    } else {
        map.refuse("pod_leaves", "only 3 levels have pods");
        map.refuse("pod_oversubscription", "only 3 levels have pods");
    }
}

FatTree fat_tree_from(const YamlPtr& yaml, const std::vector<NodeGroup>* known) {
    Refusals refusals;
    const StrictMap map(yaml, "fabric",
                        {"kind", "levels", "leaf_ports", "oversubscription", "leaf_down_ports", "pod_leaves",
                         "pod_oversubscription", "routing", "spines", "hash_seed", "hop_latency"},
                        &refusals);
    FatTree tree;
    refusals.attempt([&] { read_levels(map, tree); });
    refusals.attempt([&] {
        const Leaf leaf = leaf_from(map);
        tree.leaf_ports = leaf.ports;
        tree.leaf_down_ports = leaf.down_ports;
        tree.oversubscription = leaf.oversubscription;
        tree.spines = spines_from(map, leaf);
        const std::vector<int> counts = known ? nic_counts(*known) : std::vector<int>{0};
        const int most = *std::max_element(counts.begin(), counts.end());
        if (most > leaf.down_ports)
            refuse(*map.required("leaf_ports"),
                   fmt::format("a leaf with room for a node's {} NICs; it has {} ports below", most, leaf.down_ports));
    });
    refusals.expect_none();
    return tree;
}

/// `all`, an index, or a list of indices below `count`.
std::vector<int> indices_from(const YamlNode& node, int count) {
    std::vector<int> indices;
    if (node.kind == YamlNode::Kind::scalar && node.text == "all") {
        indices.resize(static_cast<std::size_t>(count));
        std::iota(indices.begin(), indices.end(), 0);
    } else if (node.kind == YamlNode::Kind::list) {
        for (const YamlPtr& item : list_value(node, "at least one index"))
            indices.push_back(static_cast<int>(count_value(*item, 0, count - 1)));
    } else {
        indices.push_back(static_cast<int>(count_value(node, 0, count - 1)));
    }
    return indices;
}

int switch_named(const YamlNode& node, const std::vector<std::string>& switches) {
    const auto found = std::find(switches.begin(), switches.end(), text_value(node, "a switch"));
    if (found == switches.end()) refuse(node, "the name of one of the switches" + did_you_mean(node.text, switches));
    return static_cast<int>(found - switches.begin());
}

void read_attachments(const YamlNode& list, const std::vector<int>& nics_of_node, SwitchGraph& graph) {
    std::vector<std::vector<bool>> is_attached;
    for (const int nics : nics_of_node) is_attached.emplace_back(static_cast<std::size_t>(nics), false);
    for (const YamlPtr& item : list_value(list, "maps with nodes, nics and switch")) {
        const StrictMap map(item, "fabric.attach", {"nodes", "nics", "switch"});
        const int switch_index = switch_named(*map.required("switch"), graph.switches);
        for (const int node : indices_from(*map.required("nodes"), static_cast<int>(nics_of_node.size())))
            for (const int nic : indices_from(*map.required("nics"), nics_of_node[static_cast<std::size_t>(node)])) {
                auto attached = is_attached[static_cast<std::size_t>(node)].begin() + nic;
                if (*attached)
                    throw InputError(item->at,
                                     fmt::format("found node{}/nic{} attached again; expected each NIC once", node, nic));
                *attached = true;
                graph.attachments.push_back({node, nic, switch_index});
            }
    }
    for (std::size_t node = 0; node < is_attached.size(); ++node)
        for (std::size_t nic = 0; nic < is_attached[node].size(); ++nic)
            if (!is_attached[node][nic])
                throw InputError(list.at, fmt::format("found node{}/nic{} on no switch; expected each NIC on one", node, nic));
}

/// Throws unless every switch with a NIC can reach every other one.
void check_connected(const YamlNode& yaml, const SwitchGraph& graph) {
    std::vector<int> root(graph.switches.size());
    std::iota(root.begin(), root.end(), 0);
    const auto find_root = [&](int at) {
        while (root[static_cast<std::size_t>(at)] != at) {
            int& above = root[static_cast<std::size_t>(at)];
            at = above = root[static_cast<std::size_t>(above)];  // halves the way for the next
        }
        return at;
    };
    for (const SwitchGraph::Connection& link : graph.connections)
        root[static_cast<std::size_t>(find_root(link.a))] = find_root(link.b);
    const int first = graph.attachments.front().switch_index;
    for (const SwitchGraph::Attachment& nic : graph.attachments)
        if (find_root(nic.switch_index) != find_root(first))
            throw InputError(yaml.at,
                             fmt::format("found no way between switches '{}' and '{}'; expected links that join all NICs",
                                         graph.switches[static_cast<std::size_t>(first)],
                                         graph.switches[static_cast<std::size_t>(nic.switch_index)]));
}

void expect_at_most(const std::vector<YamlPtr>& items, std::size_t most, const Position& at, std::string_view what) {
    if (items.size() > most) throw InputError(at, fmt::format("found {} {}; expected at most {}", items.size(), what, most));
}

SwitchGraph graph_from(const YamlPtr& yaml, const std::vector<NodeGroup>* known) {
    const StrictMap map(yaml, "fabric", {"kind", "switches", "attach", "links", "hash_seed", "hop_latency"});
    SwitchGraph graph;
    const YamlPtr switches = map.required("switches");
    expect_at_most(list_value(*switches, "names of switches"), most_ports, switches->at, "switches");
    for (const YamlPtr& item : switches->items) {
        const std::string name = name_value(*item, "a switch's name");
        if (std::find(graph.switches.begin(), graph.switches.end(), name) != graph.switches.end())
            refuse(*item, "each switch once");
        graph.switches.push_back(name);
    }
    const YamlPtr attach = map.required("attach");
    if (known) read_attachments(*attach, nic_counts(*known), graph);
    if (const YamlPtr links = map.optional("links")) {
        expect_at_most(list_value(*links, "maps with between, bandwidth and latency"), most_cables, links->at, "links");
        for (const YamlPtr& item : links->items) {
            const StrictMap link(item, "fabric.links", {"between", "bandwidth", "latency", "count"});
            const YamlPtr ends = link.required("between");
            if (ends->kind != YamlNode::Kind::list || ends->items.size() != 2) refuse(*ends, "a list of two switches");
            const int a = switch_named(*ends->items[0], graph.switches), b = switch_named(*ends->items[1], graph.switches);
            if (a == b) refuse(*ends->items[1], "two different switches");
            const YamlPtr count = link.optional("count");
            const double cables = count ? static_cast<double>(count_value(*count, 1, most_ports)) : 1;
            graph.connections.push_back(
                {a, b, bandwidth_value(*link.required("bandwidth")) * cables, time_value(*link.required("latency"))});
        }
    }
    if (known) check_connected(*yaml, graph);
    return graph;
}

/// `groups` is null where the nodes were refused.
Network any_network_from(const YamlPtr& fabric, const std::vector<NodeGroup>* groups) {
    const std::string kind = kind_of(*fabric, "fabric", {"single-switch", "rail-optimized", "rail-only", "fat-tree", "graph"});
    Network network;
    Refusals refusals;
    refusals.attempt([&] {
        if (kind == "single-switch") {
            StrictMap(fabric, "fabric", {"kind", "hop_latency"});
            network.kind = SingleSwitch{};
        } else if (kind == "rail-optimized") {
            network.kind = rail_optimized_from(fabric);
        } else if (kind == "rail-only") {
            for (const NodeGroup& group : groups ? *groups : std::vector<NodeGroup>())
                if (group.node.uses_nics_inside)
                    refuse(*find(*fabric, "kind")->value, "a kind that joins all NICs, because node.inside is nics");
            network.kind = rail_only_from(fabric, groups);
        } else if (kind == "fat-tree") {
            network.kind = fat_tree_from(fabric, groups);
        } else {
            network.kind = graph_from(fabric, groups);
        }
    });
    const auto read = [&](std::string_view key, const auto& take) {
        const YamlEntry* entry = find(*fabric, key);
        if (entry && entry->value->kind != YamlNode::Kind::nothing) refusals.attempt([&] { take(*entry->value); });
    };
    read("hop_latency", [&](const YamlNode& hop) { network.hop_latency = time_value(hop); });
    read("hash_seed", [&](const YamlNode& seed) {
        network.hash_seed = static_cast<int>(count_value(seed, 0, std::numeric_limits<int>::max()));
    });
    refusals.expect_none();
    return network;
}

}  // namespace

Network network_from(const YamlPtr& fabric, const std::vector<NodeGroup>& groups) { return any_network_from(fabric, &groups); }

void check_network(const YamlPtr& fabric) { any_network_from(fabric, nullptr); }

}  // namespace tokenyard
