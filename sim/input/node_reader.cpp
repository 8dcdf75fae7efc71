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
void read_gpu_facts(const StrictMap& map, const std::string& what, Refusals& refusals, GpuModel& gpu) {
    read_if_there(map, "memory", refusals, [&](const YamlNode& memory) { gpu.memory = size_value(memory); });
    read_if_there(map, "memory_bandwidth", refusals,
                  [&](const YamlNode& bandwidth) { gpu.memory_bandwidth = bandwidth_value(bandwidth); });
    read_if_there(map, "sms", refusals, [&](const YamlNode& sms) { gpu.sms = static_cast<int>(count_value(sms, 1, most_sms)); });
    if (const YamlPtr flops = map.optional("flops"))
        refusals.attempt([&] {
            constexpr std::array<std::string_view, 4> dtypes{"bf16", "fp16", "fp8", "fp4"};
            Refusals of_rates;
            const StrictMap rates(flops, what + ".flops", dtypes, &of_rates);
            for (const std::string_view dtype : dtypes)
                read_if_there(rates, dtype, of_rates,
                              [&](const YamlNode& rate) { gpu.flops.emplace(dtype, flop_rate_value(rate)); });
            of_rates.expect_none();
            if (gpu.flops.empty()) refuse(*flops, fmt::format("a rate for at least one of: {}", fmt::join(dtypes, ", ")));
        });
}

GpuModel gpu_from(const YamlPtr& node) {
    Refusals refusals;
    const StrictMap map(node, "node.gpu", {"model", "chip", "memory", "memory_bandwidth", "sms", "flops"}, &refusals);
    GpuModel gpu;
    read_required(map, "model", refusals, [&](const YamlNode& model) { gpu.model = name_value(model, "model"); });
    const bool has_chip = refusals.attempt([&] {
        if (const YamlPtr chip = map.optional("chip")) gpu.chip = part_from(*chip, PresetKind::chip);
    });
    if (has_chip)  // one that is not known may have said them
        for (const char* needed : {"memory", "memory_bandwidth"}) refusals.attempt([&] { map.required(needed); });
    read_gpu_facts(map, "node.gpu", refusals, gpu);
    refusals.expect_none();
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

/// What only a kind has, once the kind and the domain are known.
void read_of_kind(const StrictMap& map, ScaleUp& scale_up) {
    if (scale_up.kind != ScaleUpKind::nvswitch) map.refuse("planes", "only kind nvswitch has them");
    else if (const YamlPtr planes = map.optional("planes"))
        scale_up.planes = static_cast<int>(count_value(*planes, 1, most_planes));
    if (scale_up.kind != ScaleUpKind::pcie) {
        map.refuse("switches", "only kind pcie has them");
        map.refuse("switch_uplink", "only kind pcie has one");
        return;
    }
    scale_up.switches = switches_from(map, scale_up.domain, "domain");
    if (scale_up.switches > 1) scale_up.switch_uplink = bandwidth_value(*map.required("switch_uplink"));
}

/// `gpus` of the node are 0 where they were refused.
ScaleUp scale_up_from(const YamlPtr& node, int gpus) {
    Refusals refusals;
    const StrictMap map(node, "node.scale_up",
                        {"kind", "bandwidth_per_gpu", "latency", "domain", "switches", "switch_uplink", "planes"}, &refusals);
    ScaleUp scale_up;
    const bool has_kind = refusals.attempt([&] {
        scale_up.kind = static_cast<ScaleUpKind>(word_value(*map.required("kind"), {"nvswitch", "mesh", "pcie"}));
    });
    read_required(map, "bandwidth_per_gpu", refusals,
                  [&](const YamlNode& bandwidth) { scale_up.bandwidth_per_gpu = bandwidth_value(bandwidth); });
    read_required(map, "latency", refusals, [&](const YamlNode& latency) { scale_up.latency = time_value(latency); });
    scale_up.domain = gpus;
    const bool has_domain = refusals.attempt([&] {
        const YamlPtr domain = map.optional("domain");
        if (!domain) return;
        scale_up.domain = static_cast<int>(count_value(*domain, 1, most_gpus));
        if (gpus > 0 && scale_up.domain % gpus != 0 && gpus % scale_up.domain != 0)
            refuse(*domain, fmt::format("a multiple or a divisor of the node's {} GPUs", gpus));
    });
    if (has_kind && has_domain && scale_up.domain > 0) refusals.attempt([&] { read_of_kind(map, scale_up); });
    refusals.expect_none();
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

void read_nics_of_gpus(const StrictMap& map, int gpus, Nics& nics) {
    if (const YamlPtr table = map.optional("map")) {
        const std::vector<YamlPtr>& entries = list_value(*table, "a NIC, or a list of NICs, for each GPU");
        if (entries.size() != static_cast<std::size_t>(gpus))
            throw InputError(table->at,
                             fmt::format("found {} entries; expected one for each of the node's {} GPUs", entries.size(), gpus));
        for (const YamlPtr& entry : entries) nics.of_gpu.push_back(nics_of_one_gpu(*entry, nics.count));
    } else {
        nics.of_gpu = nics_by_index(*map.required("count"), gpus, nics.count);
    }
}

/// `gpus` of the node and `pcie_switches` are 0 where they were refused.
Nics nics_from(const YamlPtr& node, int gpus, int pcie_switches) {
    Refusals refusals;
    const StrictMap map(node, "node.nics", {"count", "model", "bandwidth", "latency", "map", "pcie_switch"}, &refusals);
    Nics nics;
    const bool are_counted =
        refusals.attempt([&] { nics.count = static_cast<int>(count_value(*map.required("count"), 1, most_gpus_in_node)); });
    read_if_there(map, "model", refusals, [&](const YamlNode& model) { nics.model = part_from(model, PresetKind::nic); });
    read_required(map, "bandwidth", refusals, [&](const YamlNode& bandwidth) { nics.bandwidth = bandwidth_value(bandwidth); });
    read_required(map, "latency", refusals, [&](const YamlNode& latency) { nics.latency = time_value(latency); });
    if (are_counted && gpus > 0) refusals.attempt([&] { read_nics_of_gpus(map, gpus, nics); });
    if (are_counted && gpus > 0 && pcie_switches > 0)
        refusals.attempt([&] { nics.pcie_switch = pcie_switches_of_nics(map, nics, gpus, pcie_switches); });
    refusals.expect_none();
    return nics;
}

/// PCIe switches inside the node. Those of a domain over several nodes are not told apart: its NICs are beside their GPUs.
int pcie_switches_of(const Node& node) {
    if (node.pcie) return node.pcie->switches;
    const bool is_tree = node.scale_up && node.scale_up->kind == ScaleUpKind::pcie && node.scale_up->domain == node.gpus;
    return is_tree ? node.scale_up->switches : 1;
}

void read_pcie(const StrictMap& map, Node& node) {
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
}

}  // namespace

void check_gpu_facts(const YamlPtr& yaml) {
    GpuModel unused;
    Refusals refusals;
    read_gpu_facts(StrictMap(yaml, "gpu", {"memory", "memory_bandwidth", "sms", "flops"}, &refusals), "gpu", refusals, unused);
    refusals.expect_none();
}

Node node_from(const YamlPtr& yaml) {
    Refusals refusals;
    const StrictMap map(yaml, "node", {"gpus", "gpu", "host", "scale_up", "pcie", "nics", "inside"}, &refusals);
    Node node;
    node.gpus = 0;
    read_required(map, "gpus", refusals,
                  [&](const YamlNode& gpus) { node.gpus = static_cast<int>(count_value(gpus, 1, most_gpus_in_node)); });
    refusals.attempt([&] { node.gpu = gpu_from(map.required("gpu")); });
    read_if_there(map, "host", refusals, [&](const YamlNode& host) { node.host = part_from(host, PresetKind::host); });
    const bool is_wired = refusals.attempt([&] {
        if (const YamlPtr scale_up = node.gpus > 1 ? map.required("scale_up") : map.optional("scale_up"))
            node.scale_up = scale_up_from(scale_up, node.gpus);
    });
    const bool has_pcie = is_wired && node.gpus > 0 && refusals.attempt([&] { read_pcie(map, node); });
    if (const YamlPtr nics = map.optional("nics"))
        refusals.attempt([&] { node.nics = nics_from(nics, node.gpus, has_pcie ? pcie_switches_of(node) : 0); });
    if (const YamlPtr inside = map.optional("inside"))
        refusals.attempt([&] {
            node.uses_nics_inside = word_value(*inside, {"links", "nics"}) == 1;
            if (node.uses_nics_inside && !map.optional("nics")) refuse(*inside, "node.nics beside it, or links");
        });
    refusals.expect_none();
    return node;
}

}  // namespace tokenyard
