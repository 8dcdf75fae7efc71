// SPDX-License-Identifier: Apache-2.0
#include "import/system_files.hpp"

#include "import/known_devices.hpp"
#include "input/document.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <string_view>

namespace tokenyard {
namespace {

constexpr long most_gpus = 1024, most_nodes = 65536;
constexpr double fastest_rate = 1e6, slowest_link = 1e9;  // GB/s; ns

const YamlNode* value_of(const YamlNode& map, std::string_view key) {
    const YamlEntry* entry = map.kind == YamlNode::Kind::map ? find(map, key) : nullptr;
    return entry && entry->value->kind != YamlNode::Kind::nothing ? entry->value.get() : nullptr;
}

const YamlNode& value_needed(const YamlNode& map, std::string_view key) {
    const YamlNode* value = value_of(map, key);
    if (!value) throw InputError(map.at, fmt::format("found no '{}'; expected it", key));
    return *value;
}

Bandwidth bytes_a_second(const YamlNode& node) {
    return gigabytes_per_second(number_value(node, 0, fastest_rate * 1e9, true) / 1e9);
}

/// GPUs that are alike, with a NIC each where there is a rate.
Machine alike_gpus(const SourceText& source, const std::string& made_by, long gpus, std::optional<Bandwidth> nic) {
    Machine machine;
    machine.at = source.start;
    machine.made_by = made_by;
    machine.tells_links = machine.tells_switches = false;
    for (int gpu = 0; gpu < gpus; ++gpu) {
        machine.gpus.emplace_back().index = gpu;
        machine.gpus.back().bus = fmt::format("gpu{}", gpu);
        machine.nic_distance.emplace_back();
        if (!nic) continue;
        machine.nics.push_back({.name = fmt::format("nic{}", gpu), .device = {}, .speed = nic, .bridges = {}});
        for (int other = 0; other < gpus; ++other)
            machine.nic_distance.back().push_back(other == gpu ? distance::one_bridge : distance::same_numa);
    }
    return machine;
}

}  // namespace

Machine machine_from_aiconfigurator(const SourceText& source) {
    const YamlPtr root = parse_yaml(source);
    const YamlNode& node = value_needed(*root, "node");
    const YamlNode& of_node = value_needed(node, "num_gpus_per_node");
    const long gpus = count_value(of_node, 1, most_gpus);
    const YamlNode *of_rack = value_of(node, "num_gpus_per_rack"), *between_racks = value_of(node, "inter_rack_bw");
    const bool is_rack = of_rack && between_racks;
    const std::string network = is_rack ? "inter_rack_bw" : "inter_node_bw";
    Machine machine = alike_gpus(source, "an aiconfigurator system file", gpus, bytes_a_second(value_needed(node, network)));
    machine.told_links = ToldLinks{"", bytes_a_second(value_needed(node, "intra_node_bw")), "intra_node_bw", {}};
    if (is_rack) {
        const long in_rack = count_value(*of_rack, gpus, most_gpus);
        if (in_rack % gpus != 0) refuse(*of_rack, fmt::format("a multiple of the {} GPUs of a node", gpus));
        const YamlNode& between_nodes = value_needed(node, "inter_node_bw");
        if (bytes_a_second(between_nodes).si != machine.told_links->of_gpu.si)
            refuse(between_nodes, "the same rate as intra_node_bw, because NVLink joins the nodes of a rack");
        machine.nodes = static_cast<int>(in_rack / gpus);
        if (machine.nodes > 1) machine.told_links->domain = static_cast<int>(in_rack);
    }
    const std::string data = name_value(value_needed(*root, "data_dir"), "data_dir");
    const KnownGpu* known = gpu_of_chip(data.substr(data.rfind('/') + 1));
    for (MachineGpu& gpu : machine.gpus) gpu.device = known ? known->device : "";
    machine.gpu_told_by = "data_dir";
    machine.notes.push_back(
        fmt::format("Each GPU has a NIC of {}; latencies of the file are of its own model and left out", network));
    return machine;
}

Machine machine_from_astra_sim(const SourceText& source) {
    const StrictMap map(parse_yaml(source), "the network", {"topology", "npus_count", "bandwidth", "latency"});
    const auto list = [&](std::string_view key) -> const std::vector<YamlPtr>& {
        const YamlPtr node = map.required(key);
        const std::vector<YamlPtr>& items = list_value(*node, "a value for each dimension");
        const std::size_t dimensions = map.required("topology")->items.size();
        if (items.size() != dimensions)
            throw InputError(node->at, fmt::format("found {} values; expected one for each of the {} dimensions of the topology",
                                                   items.size(), dimensions));
        return items;
    };
    const std::vector<YamlPtr>&kinds = list("topology"), &counts = list("npus_count"), &rates = list("bandwidth"),
          &latencies = list("latency");
    if (kinds.size() > 2)
        throw InputError(kinds[2]->at, fmt::format("found {} dimensions; expected a node, and a network of nodes", kinds.size()));
    constexpr int is_switch = 0, is_ring = 2;
    const auto kind_at = [&](std::size_t dimension) {
        return word_value(*kinds[dimension], {"Switch", "FullyConnected", "Ring"});
    };
    const auto rate_at = [&](std::size_t dimension) {
        return gigabytes_per_second(number_value(*rates[dimension], 0, fastest_rate, true));
    };
    if (kind_at(0) == is_ring) refuse(*kinds[0], "Switch or FullyConnected, because a cluster file has no ring of GPUs");
    const long gpus = count_value(*counts[0], 1, most_gpus);
    const bool has_network = kinds.size() == 2;
    Machine machine =
        alike_gpus(source, "ASTRA-sim's network file", gpus, has_network ? std::optional(rate_at(1)) : std::nullopt);
    const double latency = number_value(*latencies[0], 0, slowest_link) * (kind_at(0) == is_switch ? 2 : 1);
    machine.told_links =
        ToldLinks{kind_at(0) == is_switch ? "nvswitch" : "mesh", rate_at(0),
                  kind_at(0) == is_switch ? "Switch, over two links" : "FullyConnected", microseconds(latency / 1e3)};
    if (has_network) {
        machine.nodes = static_cast<int>(count_value(*counts[1], 1, most_nodes));
        if (kind_at(1) == is_switch) machine.nodes_joined_by = "single-switch";
        number_value(*latencies[1], 0, slowest_link);
        machine.notes.push_back(fmt::format(
            "Each GPU has a NIC; the second dimension is a {}, and its latency of {} ns is left out for those of a NIC and a "
            "switch",
            kinds[1]->text, latencies[1]->text));
    }
    return machine;
}

}  // namespace tokenyard
