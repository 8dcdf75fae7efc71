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

/// The count and the node of a map that has both.
NodeGroup group_from(const StrictMap& map, std::string_view count_key, Refusals& refusals) {
    NodeGroup group;
    YamlPtr count;
    const bool is_counted = refusals.attempt([&] {
        count = map.required(count_key);
        group.count = static_cast<int>(count_value(*count, 1, most_gpus));
    });
    const bool is_read = refusals.attempt([&] { group.node = node_from(map.required("node")); });
    if (!is_counted || !is_read) refusals.expect_none();
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
    Refusals refusals;
    long gpus = 0;
    if (const YamlPtr list = map.optional("groups")) {
        refusals.attempt([&] { map.refuse("nodes", "groups says how many there are"); });
        refusals.attempt([&] { map.refuse("node", "groups says what they are"); });
        for (const YamlPtr& item : list_value(*list, "maps with count and node"))
            refusals.attempt([&] {
                Refusals of_group;
                const StrictMap group(item, "groups", {"count", "node"}, &of_group);
                const NodeGroup read = group_from(group, "count", of_group);
                of_group.expect_none();
                add_group(read, group.required("count")->at, gpus, groups);
            });
    } else {
        add_group(group_from(map, "nodes", refusals), map.required("nodes")->at, gpus, groups);
    }
    refusals.expect_none();
    return groups;
}

Efficiency efficiency_from(const YamlPtr& node) {
    Refusals refusals;
    const StrictMap map(node, "efficiency", {"scale_up", "scale_out", "pcie"}, &refusals);
    Efficiency efficiency;
    const auto read = [&](std::string_view key, double& part) {
        if (const YamlPtr value = map.optional(key)) refusals.attempt([&] { part = efficiency_value(*value); });
    };
    read("scale_up", efficiency.scale_up);
    read("scale_out", efficiency.scale_out);
    read("pcie", efficiency.pcie);
    refusals.expect_none();
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

/// What stands for itself.
void read_plain_keys(const StrictMap& map, Refusals& refusals, Cluster& cluster) {
    const auto read = [&](std::string_view key, const auto& take) {
        if (const YamlPtr value = map.optional(key)) refusals.attempt([&] { take(value); });
    };
    refusals.attempt([&] { cluster.name = name_value(*map.required("name"), "name"); });
    read("description", [&](const YamlPtr& value) { cluster.description = text_value(*value, "description"); });
    read("efficiency", [&](const YamlPtr& value) { cluster.efficiency = efficiency_from(value); });
    read("prices", [&](const YamlPtr& value) { cluster.prices = prices_from(value); });
    read("power", [&](const YamlPtr& value) { cluster.power = powers_from(value); });
    read("libraries", [&](const YamlPtr& value) { cluster.libraries = libraries_from(*value); });
    read("calibration", [&](const YamlPtr& value) {  // must be there, even where another is asked for
        cluster.calibration = FileMention{value->text, file_or_preset(*value, PresetKind::calibration)};
    });
    read("sources", [&](const YamlPtr& value) { cluster.sources = texts_value(*value, sources_are); });
}

void read_network(const StrictMap& map, bool is_networked, Cluster& cluster) {
    const bool has_nics = std::all_of(cluster.groups.begin(), cluster.groups.end(),
                                      [](const NodeGroup& group) { return group.node.nics.has_value(); });
    if (is_networked && !has_nics)
        throw InputError((map.optional("groups") ? map.optional("groups") : map.required("node"))->at,
                         "found nodes without 'nics'; expected node.nics, because GPUs of different nodes must reach each other");
    if (is_networked) {
        cluster.network = network_from(map.required("fabric"), cluster.groups);
        return;
    }
    if (!has_nics) map.refuse("fabric", "its nodes have no NICs to put on it");
    // Read all the same: a mistake in it should not wait for the second node.
    if (const YamlPtr fabric = map.optional("fabric")) network_from(fabric, cluster.groups);
}

void read_what_needs_groups(const StrictMap& map, Refusals& refusals, Cluster& cluster) {
    const bool is_networked = needs_network(cluster.groups);
    if (const YamlPtr faults = map.optional("faults"))
        refusals.attempt([&] { cluster.faults = faults_from(faults, cluster.groups, is_networked); });
    if (const YamlPtr background = map.optional("background"))
        refusals.attempt([&] { cluster.background = background_from(background, cluster.groups); });
    refusals.attempt([&] { read_network(map, is_networked, cluster); });
}

}  // namespace

std::span<const std::string_view> cluster_keys() { return cluster_top_keys; }

Cluster cluster_from(const YamlPtr& root) {
    Refusals refusals;
    const StrictMap map(root, "the cluster", cluster_top_keys, &refusals);
    Cluster cluster;
    read_plain_keys(map, refusals, cluster);
    const bool are_groups_read = refusals.attempt([&] { cluster.groups = groups_from(map); });
    if (are_groups_read) {
        read_what_needs_groups(map, refusals, cluster);
    } else if (const YamlPtr fabric = map.optional("fabric")) {
        refusals.attempt([&] { check_network(fabric); });
    }
    refusals.expect_none();
    return cluster;
}

}  // namespace tokenyard
