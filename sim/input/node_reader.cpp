#include "input/node_reader.hpp"

#include "input/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

constexpr long most_gpus_in_node = 1024;
constexpr long most_sms = 65536;

GpuModel gpu_from(const YamlPtr& node) {
    const StrictMap map(node, "node.gpu", {"model", "memory", "memory_bandwidth", "sms", "flops"});
    GpuModel gpu;
    gpu.model = name_value(*map.required("model"), "model");
    gpu.memory = size_value(*map.required("memory"));
    gpu.memory_bandwidth = bandwidth_value(*map.required("memory_bandwidth"));
    if (const YamlPtr sms = map.optional("sms")) gpu.sms = static_cast<int>(count_value(*sms, 1, most_sms));
    if (const YamlPtr flops = map.optional("flops")) {
        constexpr std::array<std::string_view, 4> dtypes{"bf16", "fp16", "fp8", "fp4"};
        const StrictMap rates(flops, "node.gpu.flops", dtypes);
        for (const std::string_view dtype : dtypes)
            if (const YamlPtr rate = rates.optional(dtype)) gpu.flops.emplace(dtype, flop_rate_value(*rate));
        if (gpu.flops.empty()) refuse(*flops, fmt::format("a rate for at least one of: {}", fmt::join(dtypes, ", ")));
    }
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

}  // namespace

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

}  // namespace tokenyard
