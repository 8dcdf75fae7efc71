// SPDX-License-Identifier: Apache-2.0
#include "doctor/changes.hpp"

#include <array>
#include <set>

namespace tokenyard {

const Node* node_at(const Cluster& cluster, int node) {
    for (const NodeGroup& group : cluster.groups) {
        if (node < group.count) return &group.node;
        node -= group.count;
    }
    return nullptr;
}

std::vector<Choice> nodes_of(const Situation& situation) {
    std::vector<Choice> places;
    for (int node = 0; node < (situation.is_even ? 1 : situation.nodes); ++node)
        places.push_back({fmt::format("node{}", node), node});
    return places;
}

std::vector<Choice> nics_of(const Situation& situation) {
    std::vector<Choice> places;
    for (const Choice& node : nodes_of(situation)) {
        const Node& of = *node_at(situation.one->cluster, node.node);
        if (!of.nics) continue;
        for (const int nic : nics_in_use(*of.nics, [](int) { return false; })) {
            if (situation.is_even && !places.empty()) break;
            places.push_back({fmt::format("node{}/nic{}", node.node, nic), node.node, nic});
        }
    }
    return places;
}

std::vector<Choice> gpus_of(const Situation& situation) {
    std::vector<Choice> places;
    for (const Choice& node : nodes_of(situation))
        for (int gpu = 0; gpu < (situation.is_even ? 1 : node_at(situation.one->cluster, node.node)->gpus); ++gpu)
            places.push_back({fmt::format("node{}/gpu{}", node.node, gpu), node.node, gpu});
    return places;
}

std::vector<Choice> nowhere(const Situation&) { return {}; }

std::vector<Choice> no_degrees(const Situation&) { return {}; }

std::vector<Choice> parts_of_rate(const Situation&) {
    std::vector<Choice> degrees;
    for (const double part : std::array{0.9, 0.75, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1})
        degrees.push_back({fmt::format("at {:g} of its rate", part), 0, 0, part});
    return degrees;
}

bool has_several_gpus(const Situation& situation) {
    return situation.one->cluster.groups.front().node.gpus > 1 && situation.one->workload.ranks > 1;
}

std::string refusal_without_network(const Situation& situation) {
    if (!situation.one->cluster.network) return "found one scale-up domain without a network; expected several nodes";
    const bool is_crossed = situation.nodes > 1 || situation.one->cluster.groups.front().node.uses_nics_inside;
    return is_crossed ? "" : "found ranks on one node; expected several nodes";
}

}  // namespace tokenyard
