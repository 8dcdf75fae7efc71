// SPDX-License-Identifier: Apache-2.0
#include "input/node_reader.hpp"

#include "input/load.hpp"
#include "input/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

constexpr long most_gpus_in_node = 1024;
constexpr long most_sms = 65536;
constexpr long most_planes = 1024;

FileMention part_from(const YamlNode& mention, PresetKind kind) { return {mention.text, file_or_preset(mention, kind)}; }

/// What a chip may say in place of the cluster. `what`: the map's name.
void read_gpu_facts(const StrictMap& map, const std::string& what, GpuModel& gpu) {
    if (const YamlPtr memory = map.optional("memory")) gpu.memory = size_value(*memory);
    if (const YamlPtr bandwidth = map.optional("memory_bandwidth")) gpu.memory_bandwidth = bandwidth_value(*bandwidth);
    if (const YamlPtr sms = map.optional("sms")) gpu.sms = static_cast<int>(count_value(*sms, 1, most_sms));
    if (const YamlPtr flops = map.optional("flops")) {
        constexpr std::array<std::string_view, 4> dtypes{"bf16", "fp16", "fp8", "fp4"};
        const StrictMap rates(flops, what + ".flops", dtypes);
        for (const std::string_view dtype : dtypes)
            if (const YamlPtr rate = rates.optional(dtype)) gpu.flops.emplace(dtype, flop_rate_value(*rate));
        if (gpu.flops.empty()) refuse(*flops, fmt::format("a rate for at least one of: {}", fmt::join(dtypes, ", ")));
    }
}

GpuModel gpu_from(const YamlPtr& node) {
    const StrictMap map(node, "node.gpu", {"model", "chip", "memory", "memory_bandwidth", "sms", "flops"});
    GpuModel gpu;
    gpu.model = name_value(*map.required("model"), "model");
    if (const YamlPtr chip = map.optional("chip")) gpu.chip = part_from(*chip, PresetKind::chip);
    for (const char* needed : {"memory", "memory_bandwidth"}) static_cast<void>(map.required(needed));
    read_gpu_facts(map, "node.gpu", gpu);
    return gpu;
}

/// The PCIe switches that `gpus` GPUs of a domain or a node are spread over; more than one have uplinks.
int switches_from(const StrictMap& map, int gpus, const char* whole) {
    int count = 1;
    if (const YamlPtr switches = map.optional("switches")) {
        count = static_cast<int>(count_value(*switches, 1, most_gpus_in_node));
        if (gpus % count != 0) refuse(*switches, fmt::format("a divisor of the {}'s {} GPUs", whole, gpus));
    }
    if (count == 1) map.refuse("switch_uplink", "one switch has no uplink");
    return count;
}

ScaleUp scale_up_from(const YamlPtr& node, int gpus) {
    const StrictMap map(node, "node.scale_up",
                        {"kind", "bandwidth_per_gpu", "latency", "domain", "switches", "switch_uplink", "planes"});
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
    if (scale_up.kind != ScaleUpKind::nvswitch) map.refuse("planes", "only kind nvswitch has them");
    else if (const YamlPtr planes = map.optional("planes"))
        scale_up.planes = static_cast<int>(count_value(*planes, 1, most_planes));
    if (scale_up.kind != ScaleUpKind::pcie) {
        map.refuse("switches", "only kind pcie has them");
        map.refuse("switch_uplink", "only kind pcie has one");
        return scale_up;
    }
    scale_up.switches = switches_from(map, scale_up.domain, "domain");
    if (scale_up.switches > 1) scale_up.switch_uplink = bandwidth_value(*map.required("switch_uplink"));
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

/// NICs in even blocks over the switches unless `pcie_switch` says it: the switch of the GPU at the same part of the node.
std::vector<int> pcie_switches_of_nics(const StrictMap& map, const Nics& nics, int gpus, int switches) {
    std::vector<int> of_nic;
    if (switches == 1) {
        map.refuse("pcie_switch", "the node has no PCIe switches to tell apart");
        return of_nic;
    }
    const YamlPtr table = map.optional("pcie_switch");
    if (!table) {
        for (int nic = 0; nic < nics.count; ++nic) of_nic.push_back(nic * gpus / nics.count / (gpus / switches));
        return of_nic;
    }
    const std::vector<YamlPtr>& entries = list_value(*table, "a PCIe switch for each NIC");
    if (entries.size() != static_cast<std::size_t>(nics.count))
        throw InputError(
            table->at, fmt::format("found {} entries; expected one for each of the node's {} NICs", entries.size(), nics.count));
    for (const YamlPtr& entry : entries) of_nic.push_back(static_cast<int>(count_value(*entry, 0, switches - 1)));
    return of_nic;
}

Nics nics_from(const YamlPtr& node, int gpus, int pcie_switches) {
    const StrictMap map(node, "node.nics", {"count", "model", "bandwidth", "latency", "map", "pcie_switch"});
    Nics nics;
    const YamlPtr count = map.required("count");
    nics.count = static_cast<int>(count_value(*count, 1, most_gpus_in_node));
    if (const YamlPtr model = map.optional("model")) nics.model = part_from(*model, PresetKind::nic);
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
    nics.pcie_switch = pcie_switches_of_nics(map, nics, gpus, pcie_switches);
    return nics;
}

/// PCIe switches inside the node. Those of a domain over several nodes are not told apart: its NICs are beside their GPUs.
int pcie_switches_of(const Node& node) {
    if (node.pcie) return node.pcie->switches;
    const bool is_tree = node.scale_up && node.scale_up->kind == ScaleUpKind::pcie && node.scale_up->domain == node.gpus;
    return is_tree ? node.scale_up->switches : 1;
}

}  // namespace

void check_gpu_facts(const YamlPtr& yaml) {
    GpuModel unused;
    read_gpu_facts(StrictMap(yaml, "gpu", {"memory", "memory_bandwidth", "sms", "flops"}), "gpu", unused);
}

Node node_from(const YamlPtr& yaml) {
    const StrictMap map(yaml, "node", {"gpus", "gpu", "host", "scale_up", "pcie", "nics", "inside"});
    Node node;
    node.gpus = static_cast<int>(count_value(*map.required("gpus"), 1, most_gpus_in_node));
    node.gpu = gpu_from(map.required("gpu"));
    if (const YamlPtr host = map.optional("host")) node.host = part_from(*host, PresetKind::host);
    if (const YamlPtr scale_up = node.gpus > 1 ? map.required("scale_up") : map.optional("scale_up"))
        node.scale_up = scale_up_from(scale_up, node.gpus);
    const bool is_pcie_tree = node.scale_up && node.scale_up->kind == ScaleUpKind::pcie;
    if (is_pcie_tree) map.refuse("pcie", "the links of scale_up.kind pcie are it");
    const bool is_narrow = node.scale_up && node.scale_up->domain < node.gpus;
    if (is_narrow && is_pcie_tree)
        refuse(*map.required("scale_up"), fmt::format("a domain of at least the node's {} GPUs with kind pcie", node.gpus));
    if (const YamlPtr pcie = is_narrow ? map.required("pcie") : map.optional("pcie")) {
        const StrictMap link(pcie, "node.pcie", {"bandwidth", "latency", "switches", "switch_uplink"});
        node.pcie = Pcie{bandwidth_value(*link.required("bandwidth")), time_value(*link.required("latency"))};
        node.pcie->switches = switches_from(link, node.gpus, "node");
        if (node.pcie->switches > 1) node.pcie->switch_uplink = bandwidth_value(*link.required("switch_uplink"));
    }
    if (const YamlPtr nics = map.optional("nics")) node.nics = nics_from(nics, node.gpus, pcie_switches_of(node));
    if (const YamlPtr inside = map.optional("inside")) {
        node.uses_nics_inside = word_value(*inside, {"links", "nics"}) == 1;
        if (node.uses_nics_inside && !node.nics) refuse(*inside, "node.nics beside it, or links");
    }
    return node;
}

}  // namespace tokenyard
