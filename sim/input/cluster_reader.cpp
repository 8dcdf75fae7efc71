// SPDX-License-Identifier: Apache-2.0
#include "input/cluster_reader.hpp"

#include "input/faults_reader.hpp"
#include "input/load.hpp"
#include "input/network_reader.hpp"
#include "input/node_reader.hpp"
#include "input/parts.hpp"
#include "input/prices_reader.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

constexpr std::array<std::string_view, 15> cluster_top_keys{"name",   "description", "base",       "nodes",       "node",
                                                            "groups", "fabric",      "efficiency", "faults",      "background",
                                                            "prices", "power",       "libraries",  "calibration", "sources"};

NodeGroup group_from(const YamlPtr& count, const YamlPtr& node) {
    NodeGroup group{static_cast<int>(count_value(*count, 1, most_gpus)), node_from(node)};
    if (group.node.scale_up && group.node.scale_up->domain > group.node.gpus) {
        const int nodes = group.node.scale_up->domain / group.node.gpus;
        if (group.count % nodes != 0)
            refuse(*count,
                   fmt::format("a multiple of the {} nodes in a scale-up domain of {} GPUs", nodes, group.node.scale_up->domain));
    }
    return group;
}

/// Counted as the groups come: a file may name one big node a million times.
void add_group(const NodeGroup& group, const Position& at, long& gpus, std::vector<NodeGroup>& groups) {
    gpus += static_cast<long>(group.count) * group.node.gpus;
    if (gpus > most_gpus) throw InputError(at, fmt::format("found a cluster of {} GPUs; expected at most {}", gpus, most_gpus));
    groups.push_back(group);
}

std::vector<NodeGroup> groups_from(const StrictMap& map) {
    std::vector<NodeGroup> groups;
    long gpus = 0;
    if (const YamlPtr list = map.optional("groups")) {
        map.refuse("nodes", "groups says how many there are");
        map.refuse("node", "groups says what they are");
        for (const YamlPtr& item : list_value(*list, "maps with count and node")) {
            const StrictMap group(item, "groups", {"count", "node"});
            const YamlPtr count = group.required("count");
            add_group(group_from(count, group.required("node")), count->at, gpus, groups);
        }
        return groups;
    }
    const YamlPtr count = map.required("nodes");
    add_group(group_from(count, map.required("node")), count->at, gpus, groups);
    return groups;
}

Efficiency efficiency_from(const YamlPtr& node) {
    const StrictMap map(node, "efficiency", {"scale_up", "scale_out", "pcie"});
    Efficiency efficiency;
    if (const YamlPtr value = map.optional("scale_up")) efficiency.scale_up = efficiency_value(*value);
    if (const YamlPtr value = map.optional("scale_out")) efficiency.scale_out = efficiency_value(*value);
    if (const YamlPtr value = map.optional("pcie")) efficiency.pcie = efficiency_value(*value);
    return efficiency;
}

/// True when some pair of GPUs shares neither a node nor a scale-up domain, or does not use what it shares.
bool needs_network(const std::vector<NodeGroup>& groups) {
    if (groups.size() > 1) return true;
    const NodeGroup& only = groups.front();
    if (only.node.uses_nics_inside && only.count * only.node.gpus > 1) return true;
    const int together = std::max(only.node.gpus, only.node.scale_up ? only.node.scale_up->domain : 1);
    return only.count * only.node.gpus > together;
}

}  // namespace

std::span<const std::string_view> cluster_keys() { return cluster_top_keys; }

Cluster cluster_from(const YamlPtr& root) {
    const StrictMap map(root, "the cluster", cluster_top_keys);
    Cluster cluster;
    cluster.name = name_value(*map.required("name"), "name");
    if (const YamlPtr description = map.optional("description")) cluster.description = text_value(*description, "description");
    cluster.groups = groups_from(map);
    if (const YamlPtr efficiency = map.optional("efficiency")) cluster.efficiency = efficiency_from(efficiency);
    if (const YamlPtr prices = map.optional("prices")) cluster.prices = prices_from(prices);
    if (const YamlPtr power = map.optional("power")) cluster.power = powers_from(power);
    if (const YamlPtr libraries = map.optional("libraries")) cluster.libraries = libraries_from(*libraries);
    if (const YamlPtr calibration = map.optional("calibration"))  // must be there, even where another is asked for
        cluster.calibration = FileMention{calibration->text, file_or_preset(*calibration, PresetKind::calibration)};
    cluster.sources = texts_value(*map.required("sources"), "texts that say where the numbers come from");
    const bool has_nics = std::all_of(cluster.groups.begin(), cluster.groups.end(),
                                      [](const NodeGroup& group) { return group.node.nics.has_value(); });
    const bool is_networked = needs_network(cluster.groups);
    if (const YamlPtr faults = map.optional("faults")) cluster.faults = faults_from(faults, cluster.groups, is_networked);
    if (const YamlPtr background = map.optional("background")) cluster.background = background_from(background, cluster.groups);
    if (!is_networked) {
        if (!has_nics) map.refuse("fabric", "its nodes have no NICs to put on it");
        // Read all the same: a mistake in it should not wait for the second node.
        if (const YamlPtr fabric = map.optional("fabric")) network_from(fabric, cluster.groups);
        return cluster;
    }
    if (!has_nics)
        throw InputError((map.optional("groups") ? map.optional("groups") : map.required("node"))->at,
                         "found nodes without 'nics'; expected node.nics, because GPUs of different nodes must reach each other");
    cluster.network = network_from(map.required("fabric"), cluster.groups);
    return cluster;
}

}  // namespace tokenyard
