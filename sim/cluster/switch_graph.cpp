// SPDX-License-Identifier: Apache-2.0
#include "cluster/switch_graph.hpp"

#include "cluster/links.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <queue>

namespace tokenyard {
namespace {

constexpr std::size_t most_paths = 64;  // of a pair; real switches hash over fewer

struct Edge {
    int to = 0;
    LinkId link = no_link;
};
using Edges = std::vector<std::vector<Edge>>;  // by switch

Edges add_links(const SwitchGraph& graph, double efficiency, Fabric& fabric) {
    Edges edges(graph.switches.size());
    std::vector<int> parallel(graph.connections.size());
    for (std::size_t i = 0; i < graph.connections.size(); ++i) {
        const SwitchGraph::Connection& cable = graph.connections[i];
        const auto joins_same = [&](const SwitchGraph::Connection& other) {
            return std::minmax(other.a, other.b) == std::minmax(cable.a, cable.b);
        };
        const auto earlier =
            std::count_if(graph.connections.begin(), graph.connections.begin() + static_cast<std::ptrdiff_t>(i), joins_same);
        const std::string suffix = earlier > 0 ? fmt::format("/{}", earlier) : "";
        const auto connect = [&](int from, int to) {
            const std::string name =
                graph.switches[static_cast<std::size_t>(from)] + "/" + graph.switches[static_cast<std::size_t>(to)] + suffix;
            edges[static_cast<std::size_t>(from)].push_back(
                {to, add_link(fabric, name, LinkKind::trunk, cable.bandwidth * efficiency, cable.latency)});
        };
        connect(cable.a, cable.b);
        connect(cable.b, cable.a);
    }
    return edges;
}

/// Links from every switch to `target`; -1 where there is no way.
std::vector<int> distances_to(int target, const Edges& edges) {
    std::vector<int> distance(edges.size(), -1);
    std::queue<int> next({target});
    distance[static_cast<std::size_t>(target)] = 0;
    while (!next.empty()) {
        const int at = next.front();
        next.pop();
        for (const Edge& edge : edges[static_cast<std::size_t>(at)]) {  // cables go both ways
            int& known = distance[static_cast<std::size_t>(edge.to)];
            if (known >= 0) continue;
            known = distance[static_cast<std::size_t>(at)] + 1;
            next.push(edge.to);
        }
    }
    return distance;
}

using Steps = std::vector<PathTable::Step>;

/// Links of one switch that lead equally near to some switch become a group, the same one whatever they lead to.
class Groups {
public:
    Groups(const SwitchGraph& graph, Fabric& fabric) : graph_(graph), fabric_(fabric) {}

    std::uint32_t of(int at, const std::vector<Edge>& equal) {
        if (equal.size() < 2) return no_group;
        EcmpGroup group;
        std::vector<std::string> towards;
        for (const Edge& edge : equal) {
            group.links.push_back(edge.link);
            towards.push_back(graph_.switches[static_cast<std::size_t>(edge.to)]);
        }
        const auto [known, is_new] = known_.try_emplace(group.links, static_cast<std::uint32_t>(fabric_.ecmp_groups.size()));
        if (is_new) {
            group.name = fmt::format("{}/({})", graph_.switches[static_cast<std::size_t>(at)], fmt::join(towards, "|"));
            fabric_.ecmp_groups.push_back(std::move(group));
        }
        return known->second;
    }

private:
    const SwitchGraph& graph_;
    Fabric& fabric_;
    std::map<std::vector<LinkId>, std::uint32_t> known_;
};

/// Every shortest way from `at` on, depth first.
void collect_paths(int at, const Edges& edges, const std::vector<int>& distance, Groups& groups, Steps& so_far,
                   std::vector<Steps>& paths) {
    if (paths.size() >= most_paths) return;
    const int left = distance[static_cast<std::size_t>(at)];
    if (left == 0) {
        paths.push_back(so_far);
        return;
    }
    std::vector<Edge> equal;
    for (const Edge& edge : edges[static_cast<std::size_t>(at)])
        if (distance[static_cast<std::size_t>(edge.to)] == left - 1) equal.push_back(edge);
    const std::uint32_t group = groups.of(at, equal);
    for (const Edge& edge : equal) {
        so_far.push_back({edge.link, group});
        collect_paths(edge.to, edges, distance, groups, so_far, paths);
        so_far.pop_back();
    }
}

}  // namespace

void add_switch_graph(const SwitchGraph& graph, const Cluster& cluster, Fabric& fabric) {
    std::vector<std::size_t> first_nic;  // of each node
    std::size_t nics = 0;
    for (const NodeGroup& group : cluster.groups)
        for (int in_group = 0; in_group < group.count; ++in_group, nics += static_cast<std::size_t>(group.node.nics->count))
            first_nic.push_back(nics);
    std::vector<bool> has_nics(graph.switches.size());
    for (const SwitchGraph::Attachment& attachment : graph.attachments) {
        fabric.nics[first_nic[static_cast<std::size_t>(attachment.node)] + static_cast<std::size_t>(attachment.nic)]
            .switch_index = attachment.switch_index;
        has_nics[static_cast<std::size_t>(attachment.switch_index)] = true;
    }
    const Edges edges = add_links(graph, cluster.efficiency.scale_out, fabric);
    const int switch_count = static_cast<int>(graph.switches.size());
    fabric.scale_out = PathTable(switch_count);
    fabric.switch_names = graph.switches;
    fabric.hash_seed = cluster.network->hash_seed;
    Groups groups(graph, fabric);
    for (int to = 0; to < switch_count; ++to) {
        if (!has_nics[static_cast<std::size_t>(to)]) continue;
        const std::vector<int> distance = distances_to(to, edges);
        for (int from = 0; from < switch_count; ++from) {
            if (!has_nics[static_cast<std::size_t>(from)]) continue;
            std::vector<Steps> found;
            Steps so_far;
            collect_paths(from, edges, distance, groups, so_far, found);
            const double switches_passed = distance[static_cast<std::size_t>(from)] + 1;
            for (Steps& steps : found)
                fabric.scale_out.add(from, to, {std::move(steps), cluster.network->hop_latency * switches_passed});
        }
    }
}

}  // namespace tokenyard
