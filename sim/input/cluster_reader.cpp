#include "input/cluster_reader.hpp"

#include "input/network_reader.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

constexpr std::array<std::string_view, 9> top_keys{"name",   "description", "base",       "nodes",  "node",
                                                   "groups", "fabric",      "efficiency", "sources"};

constexpr long most_gpus = 65536;  // beyond it no result would come in time
constexpr long most_gpus_in_node = 1024;
constexpr long most_sms = 1024;
constexpr double least_efficiency = 0.001;  // below it somebody slipped

FlopRates flops_from(const YamlPtr& node) {
    const StrictMap map(node, "node.gpu.flops", {"bf16", "fp16", "fp8", "fp4"});
    const auto rate = [&](std::string_view key) {
        const YamlPtr value = map.optional(key);
        return value ? flop_rate_value(*value) : FlopRate{};
    };
    return {rate("bf16"), rate("fp16"), rate("fp8"), rate("fp4")};
}

GpuModel gpu_from(const YamlPtr& node) {
    const StrictMap map(node, "node.gpu", {"model", "memory", "memory_bandwidth", "sms", "flops"});
    GpuModel gpu;
    gpu.model = name_value(*map.required("model"), "model");
    gpu.memory = size_value(*map.required("memory"));
    gpu.memory_bandwidth = bandwidth_value(*map.required("memory_bandwidth"));
    const YamlPtr sms = map.optional("sms"), flops = map.optional("flops");
    if (!sms && !flops) return gpu;
    gpu.sms = static_cast<int>(count_value(*map.required("sms"), 1, most_sms));
    gpu.flops = flops_from(map.required("flops"));
    return gpu;
}

ScaleUp scale_up_from(const YamlPtr& node, int gpus) {
    const StrictMap map(node, "node.scale_up", {"kind", "bandwidth_per_gpu", "latency", "domain", "switches", "switch_uplink"});
    ScaleUp scale_up;
    scale_up.kind = static_cast<ScaleUpKind>(word_value(*map.required("kind"), {"nvswitch", "mesh", "pcie"}));
    scale_up.bandwidth_per_gpu = bandwidth_value(*map.required("bandwidth_per_gpu"));
    scale_up.latency = time_value(*map.required("latency"));
    scale_up.domain = gpus;
    if (const YamlPtr domain = map.optional("domain")) {
        scale_up.domain = static_cast<int>(count_value(*domain, 1, most_gpus));
        if (scale_up.domain % gpus != 0 && gpus % scale_up.domain != 0)
            refuse(*domain, fmt::format("a multiple or a divisor of the node's {} GPUs", gpus));
    }
    if (scale_up.kind != ScaleUpKind::pcie) {
        map.refuse("switches", "only kind pcie has them");
        map.refuse("switch_uplink", "only kind pcie has one");
        return scale_up;
    }
    if (const YamlPtr switches = map.optional("switches")) {
        scale_up.switches = static_cast<int>(count_value(*switches, 1, most_gpus_in_node));
        if (scale_up.domain % scale_up.switches != 0)
            refuse(*switches, fmt::format("a divisor of the domain's {} GPUs", scale_up.domain));
    }
    if (scale_up.switches > 1) scale_up.switch_uplink = bandwidth_value(*map.required("switch_uplink"));
    else map.refuse("switch_uplink", "one switch has no uplink");
    return scale_up;
}

std::vector<int> nics_of_one_gpu(const YamlNode& entry, int count) {
    std::vector<int> nics;
    if (entry.kind != YamlNode::Kind::list) return {static_cast<int>(count_value(entry, 0, count - 1))};
    for (const YamlPtr& nic : list_value(entry, "at least one NIC for each GPU")) {
        const int index = static_cast<int>(count_value(*nic, 0, count - 1));
        if (std::find(nics.begin(), nics.end(), index) != nics.end()) refuse(*nic, "each NIC once");
        nics.push_back(index);
    }
    return nics;
}

/// Neighbours share a NIC where there are fewer; each GPU has its block of them where there are more.
std::vector<std::vector<int>> nics_by_index(const YamlNode& count_node, int gpus, int count) {
    if (gpus % count != 0 && count % gpus != 0)
        refuse(count_node, fmt::format("a multiple or a divisor of the node's {} GPUs, or an explicit map", gpus));
    std::vector<std::vector<int>> of_gpu(static_cast<std::size_t>(gpus));
    for (int gpu = 0; gpu < gpus; ++gpu) {
        if (count <= gpus) of_gpu[static_cast<std::size_t>(gpu)] = {gpu / (gpus / count)};
        else
            for (int nic = 0; nic < count / gpus; ++nic)
                of_gpu[static_cast<std::size_t>(gpu)].push_back(gpu * (count / gpus) + nic);
    }
    return of_gpu;
}

Nics nics_from(const YamlPtr& node, int gpus) {
    const StrictMap map(node, "node.nics", {"count", "bandwidth", "latency", "map"});
    Nics nics;
    const YamlPtr count = map.required("count");
    nics.count = static_cast<int>(count_value(*count, 1, most_gpus_in_node));
    nics.bandwidth = bandwidth_value(*map.required("bandwidth"));
    nics.latency = time_value(*map.required("latency"));
    if (const YamlPtr table = map.optional("map")) {
        const std::vector<YamlPtr>& entries = list_value(*table, "a NIC, or a list of NICs, for each GPU");
        if (entries.size() != static_cast<std::size_t>(gpus))
            throw InputError(table->at,
                             fmt::format("found {} entries; expected one for each of the node's {} GPUs", entries.size(), gpus));
        for (const YamlPtr& entry : entries) nics.of_gpu.push_back(nics_of_one_gpu(*entry, nics.count));
    } else {
        nics.of_gpu = nics_by_index(*count, gpus, nics.count);
    }
    return nics;
}

Node node_from(const YamlPtr& yaml) {
    const StrictMap map(yaml, "node", {"gpus", "gpu", "scale_up", "pcie", "nics"});
    Node node;
    node.gpus = static_cast<int>(count_value(*map.required("gpus"), 1, most_gpus_in_node));
    node.gpu = gpu_from(map.required("gpu"));
    if (const YamlPtr scale_up = node.gpus > 1 ? map.required("scale_up") : map.optional("scale_up"))
        node.scale_up = scale_up_from(scale_up, node.gpus);
    const bool is_pcie_tree = node.scale_up && node.scale_up->kind == ScaleUpKind::pcie;
    if (is_pcie_tree) map.refuse("pcie", "the links of scale_up.kind pcie are it");
    const bool is_narrow = node.scale_up && node.scale_up->domain < node.gpus;
    if (is_narrow && is_pcie_tree)
        refuse(*map.required("scale_up"), fmt::format("a domain of at least the node's {} GPUs with kind pcie", node.gpus));
    if (const YamlPtr pcie = is_narrow ? map.required("pcie") : map.optional("pcie")) {
        const StrictMap link(pcie, "node.pcie", {"bandwidth", "latency"});
        node.pcie = Pcie{bandwidth_value(*link.required("bandwidth")), time_value(*link.required("latency"))};
    }
    if (const YamlPtr nics = map.optional("nics")) node.nics = nics_from(nics, node.gpus);
    return node;
}

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
    if (const YamlPtr value = map.optional("scale_up")) efficiency.scale_up = number_value(*value, least_efficiency, 1);
    if (const YamlPtr value = map.optional("scale_out")) efficiency.scale_out = number_value(*value, least_efficiency, 1);
    if (const YamlPtr value = map.optional("pcie")) efficiency.pcie = number_value(*value, least_efficiency, 1);
    return efficiency;
}

/// True when some pair of GPUs shares neither a node nor a scale-up domain.
bool needs_network(const std::vector<NodeGroup>& groups) {
    if (groups.size() > 1) return true;
    const NodeGroup& only = groups.front();
    const int together = std::max(only.node.gpus, only.node.scale_up ? only.node.scale_up->domain : 1);
    return only.count * only.node.gpus > together;
}

}  // namespace

std::span<const std::string_view> cluster_keys() { return top_keys; }

Cluster cluster_from(const YamlPtr& root) {
    const StrictMap map(root, "the cluster", top_keys);
    Cluster cluster;
    cluster.name = name_value(*map.required("name"), "name");
    if (const YamlPtr description = map.optional("description")) cluster.description = text_value(*description, "description");
    cluster.groups = groups_from(map);
    if (const YamlPtr efficiency = map.optional("efficiency")) cluster.efficiency = efficiency_from(efficiency);
    cluster.sources = texts_value(*map.required("sources"), "texts that say where the numbers come from");
    const bool has_nics = std::all_of(cluster.groups.begin(), cluster.groups.end(),
                                      [](const NodeGroup& group) { return group.node.nics.has_value(); });
    if (!needs_network(cluster.groups)) {
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
