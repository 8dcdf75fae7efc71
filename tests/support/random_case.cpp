// SPDX-License-Identifier: Apache-2.0
#include "support/random_case.hpp"

#include "support/clusters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>
#include <utility>

namespace tokenyard {
namespace {

class Dice {
public:
    explicit Dice(std::uint32_t seed) : generator_(seed) {}
    int below(int bound) { return static_cast<int>(generator_() % static_cast<std::uint32_t>(bound)); }
    int between(int low, int high) { return low + below(high - low + 1); }
    double unit() { return static_cast<double>(generator_()) / 4294967296.0; }

private:
    std::mt19937 generator_;
};

/// Whole numbers below `bound` in any order.
std::vector<int> shuffled(Dice& dice, int bound) {
    std::vector<int> numbers(static_cast<std::size_t>(bound));
    std::iota(numbers.begin(), numbers.end(), 0);
    for (int left = bound; left > 1; --left)
        std::swap(numbers[static_cast<std::size_t>(left) - 1], numbers[static_cast<std::size_t>(dice.below(left))]);
    return numbers;
}

/// Which GPU uses which NICs; at first each has its own.
void draw_nic_map(Dice& dice, Nics& nics) {
    const auto gpus = static_cast<int>(nics.of_gpu.size());
    switch (dice.below(6)) {
        case 0:  // all GPUs behind one NIC
            nics.count = 1;
            for (std::vector<int>& of_gpu : nics.of_gpu) of_gpu = {0};
            break;
        case 1:  // two NICs for each GPU
            nics.count = 2 * gpus;
            for (int gpu = 0; gpu < gpus; ++gpu) nics.of_gpu[static_cast<std::size_t>(gpu)] = {2 * gpu, 2 * gpu + 1};
            break;
        case 2: {  // one each, but not in their order
            const std::vector<int> order = shuffled(dice, gpus);
            for (std::size_t gpu = 0; gpu < order.size(); ++gpu) nics.of_gpu[gpu] = {order[gpu]};
            break;
        }
        case 3:  // any, so that some have several, some are shared, and some are of no GPU
            nics.count = dice.between(1, 2 * gpus);
            for (std::vector<int>& of_gpu : nics.of_gpu) {
                of_gpu = shuffled(dice, nics.count);
                of_gpu.resize(static_cast<std::size_t>(dice.between(1, std::min(nics.count, 3))));
            }
            break;
        default: break;
    }
}

Node random_node(Dice& dice) {
    const int gpus = dice.between(1, 4);
    Node node = nvswitch_node(gpus);
    if (gpus > 1) {
        node.scale_up->kind = static_cast<ScaleUpKind>(dice.below(3));
        node.scale_up->bandwidth_per_gpu = gigabytes_per_second(dice.between(20, 450));
        node.scale_up->latency = microseconds(dice.unit() * 3);
        if (node.scale_up->kind == ScaleUpKind::pcie && gpus % 2 == 0) {
            node.scale_up->switches = 2;
            node.scale_up->switch_uplink = gigabytes_per_second(dice.between(10, 60));
        }
    }
    const bool has_tree = node.scale_up && node.scale_up->kind == ScaleUpKind::pcie;
    if (!has_tree && dice.below(3) == 0) {
        node.pcie = Pcie{gigabytes_per_second(dice.between(30, 64)), microseconds(dice.unit())};
        if (gpus % 2 == 0 && dice.below(2) == 0) {
            node.pcie->switches = 2;
            node.pcie->switch_uplink = gigabytes_per_second(dice.between(10, 60));
        }
    }
    Nics& nics = *node.nics;
    nics.bandwidth = gigabytes_per_second(dice.between(10, 100));
    nics.latency = microseconds(dice.unit() * 5);
    draw_nic_map(dice, nics);
    if ((node.pcie && node.pcie->switches > 1) || (has_tree && node.scale_up->switches > 1))
        for (int nic = 0; nic < nics.count; ++nic) nics.pcie_switch.push_back(dice.below(2));
    return node;
}

SwitchGraph random_graph(Dice& dice, const std::vector<NodeGroup>& groups) {
    SwitchGraph graph{{"a", "b", "c", "d"}, {}, {}};
    for (int i = 0; i < 4; ++i)  // a ring, with two ways between opposite corners
        graph.connections.push_back({i, (i + 1) % 4, gigabytes_per_second(dice.between(10, 100)), microseconds(dice.unit())});
    int node = 0;
    for (const NodeGroup& group : groups)
        for (int in_group = 0; in_group < group.count; ++in_group, ++node)
            for (int nic = 0; nic < group.node.nics->count; ++nic) graph.attachments.push_back({node, nic, dice.below(4)});
    return graph;
}

Network random_network(Dice& dice, const std::vector<NodeGroup>& groups, std::string& description) {
    Network network;
    network.hop_latency = microseconds(dice.unit());
    const double oversubscription = 1 + dice.below(4);
    const int spines = dice.below(2) * dice.between(1, 4);  // 0: adaptive
    switch (dice.below(groups.size() == 1 ? 6 : 5)) {       // separate rails need alike nodes
        case 0:
            network.kind = SingleSwitch{};
            description += "single-switch";
            break;
        case 1:
            network.kind = RailOptimized{8, dice.between(1, 4), oversubscription, spines};
            description += "rail-optimized";
            break;
        case 2:
            network.kind = FatTree{2, 16, 8, oversubscription, 0, 1, spines};
            description += "fat-tree 2";
            break;
        case 3:
            network.kind = FatTree{3, 16, 8, oversubscription, 1, 2, spines};
            description += "fat-tree 3";
            break;
        case 5:
            network.kind = RailOnly{8};
            description += "rail-only";
            break;
        default: network.kind = random_graph(dice, groups); description += "graph";
    }
    if (spines > 0) description += ", ecmp where it can be";
    return network;
}

/// A lost NVSwitch plane, and a NIC that is down, where one of each can be spared on node 0.
std::vector<Fault> random_faults(Dice& dice, Cluster& cluster) {
    std::vector<Fault> faults;
    Node& node = cluster.groups.front().node;
    if (node.scale_up && node.scale_up->kind == ScaleUpKind::nvswitch) {
        node.scale_up->planes = dice.between(1, 4);
        if (node.scale_up->planes > 1 && dice.below(2) == 0) faults.emplace_back(NvswitchDown{0, 1});
    }
    std::set<int> in_use;
    for (const std::vector<int>& of_gpu : node.nics->of_gpu) in_use.insert(of_gpu.begin(), of_gpu.end());
    const int nic = dice.below(node.nics->count);
    const bool is_spared = cluster.network && (in_use.size() > 1 || !in_use.contains(nic));
    if (is_spared && dice.below(4) == 0) faults.emplace_back(NicDown{0, nic});
    return faults;
}

}  // namespace

RandomCase random_case(std::uint32_t seed) {
    Dice dice(seed);
    RandomCase random;
    random.cluster.name = "random";
    random.cluster.groups.push_back({dice.between(1, 4), random_node(dice)});
    if (dice.below(2) == 0) random.cluster.groups.push_back({dice.between(1, 2), random_node(dice)});
    if (gpu_count(random.cluster) == 1) random.cluster.groups.front().count = 2;
    random.cluster.efficiency = {0.5 + dice.unit() / 2, 0.5 + dice.unit() / 2, 0.5 + dice.unit() / 2};
    random.description = fmt::format("{} GPUs on {} nodes, ", gpu_count(random.cluster), node_count(random.cluster));
    if (node_count(random.cluster) > 1) random.cluster.network = random_network(dice, random.cluster.groups, random.description);
    random.cluster.faults = random_faults(dice, random.cluster);
    if (!random.cluster.faults.empty()) random.description += fmt::format(", {} faults", random.cluster.faults.size());
    const int ranks = gpu_count(random.cluster);
    random.volumes = VolumeMatrix(ranks, ranks);
    const bool is_sparse = dice.below(3) == 0, is_uniform = dice.below(5) == 0;
    // Volumes are multiples of 12: the bytes of a pair stay whole over the lanes of GPUs with one, two and three NICs, at most 6.
    const double skew = dice.unit() * 4;
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination) {
            const double volume = is_uniform ? 1.2e6 : 12 * std::floor(std::exp(skew * dice.unit()) * 1e4 * (1 + dice.unit()));
            if (!is_sparse || dice.below(3) > 0 || destination == source + 1)
                random.volumes.at(source, destination) = bytes(volume);
        }
    random.description += is_uniform ? ", uniform" : is_sparse ? ", sparse" : ", skewed";
    return random;
}

}  // namespace tokenyard
