// SPDX-License-Identifier: Apache-2.0
#include "input/warnings.hpp"

#include "input/load.hpp"

#include <algorithm>

namespace tokenyard {
namespace {

bool gives(const YamlNode& map, std::string_view key) {
    const YamlEntry* entry = find(map, key);
    return entry && entry->value->kind != YamlNode::Kind::nothing;
}

/// Some of its GPUs reach each other over PCIe roots alone.
bool copies_through_host(const Node& node) {
    if (node.uses_nics_inside) return false;
    if (node.scale_up && node.scale_up->kind == ScaleUpKind::pcie) return node.scale_up->switches > 1;
    return node.pcie && node.pcie->switches > 1 && (!node.scale_up || node.scale_up->domain < node.gpus) && node.gpus > 1;
}

}  // namespace

std::vector<std::string> warnings_of(const ClusterWithChips& cluster, const Case& one) {
    std::vector<std::string> warnings = cluster.guessed;
    const YamlNode& root = *cluster.root;
    const std::vector<NodeGroup>& groups = one.cluster.groups;
    const auto any = [&](const auto& is_so) {
        return std::ranges::any_of(groups, [&](const NodeGroup& group) { return is_so(group.node); });
    };
    const bool has_parts = !one.origins.chip.empty();  // else a calibration stands alone
    if (has_parts && any([](const Node& node) { return !node.gpu.chip; }))
        warnings.push_back("node.gpu.chip is not given: nominal is taken, which was fitted to nothing");
    const bool is_networked = one.cluster.network.has_value();
    if (has_parts && is_networked && any([](const Node& node) { return node.nics && !node.nics->model; }))
        warnings.push_back("node.nics.model is not given: nominal is taken, which was fitted to nothing");
    const YamlEntry* efficiency = find(root, "efficiency");
    const auto ideal = [&](const char* key) {
        if (!efficiency || efficiency->value->kind != YamlNode::Kind::map || !gives(*efficiency->value, key))
            warnings.push_back(std::string("efficiency.") + key + " is not given: 1 is taken, which no machine reaches");
    };
    if (any([](const Node& node) { return node.scale_up && node.scale_up->kind != ScaleUpKind::pcie; })) ideal("scale_up");
    if (is_networked) ideal("scale_out");
    if (any([](const Node& node) { return node.pcie || (node.scale_up && node.scale_up->kind == ScaleUpKind::pcie); }))
        ideal("pcie");
    if (one.costs.nccl.host_rate.si == 0 && one.costs.nccl.p2p_level != p2p_sys && any(copies_through_host))
        warnings.push_back(
            "nccl.host_rate is not given: what NCCL copies through host memory, from one PCIe root to another, is taken to be "
            "held by "
            "PCIe alone, and may come out several times too fast");
    const YamlEntry* fabric = find(root, "fabric");
    if (is_networked && fabric && !gives(*fabric->value, "hop_latency"))
        warnings.push_back("fabric.hop_latency is not given: 0 us is taken");
    if (has_parts && one.cluster.libraries.empty() && one.workload.libraries.empty() && one.inputs.libraries.empty())
        warnings.push_back("libraries are not given: the usual one of each algorithm is taken");
    return warnings;
}

}  // namespace tokenyard
