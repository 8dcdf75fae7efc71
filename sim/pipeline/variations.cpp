// SPDX-License-Identifier: Apache-2.0
#include "pipeline/variations.hpp"

#include "pipeline/even_traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace tokenyard {
namespace {

constexpr std::array factors{1.1, 2.0};

constexpr std::array between_nodes{LinkKind::nic, LinkKind::leaf, LinkKind::pod, LinkKind::trunk};

bool is_between_nodes(const Link& link) {
    return std::find(between_nodes.begin(), between_nodes.end(), link.kind) != between_nodes.end();
}

template <class IsMeant>
void make_links_faster(Fabric& fabric, double factor, const IsMeant& is_meant) {
    for (Link& link : fabric.links)
        if (is_meant(link)) link.capacity = link.capacity * factor;
}

/// Costs of a kind that are `factor` times as quick: shorter delays, higher rates. One that follows another still does.
void speed_up(Costs& costs, Lever lever, double factor) {
    for (const CostKey& key : cost_keys()) {
        if (lever_of(key) != lever) continue;
        const double value = key.get(costs);
        key.set(costs, key.kind == CostKind::delay ? value / factor : value * factor);
    }
}

/// Takes from each node the last NIC that carries something. What is left must be a cluster that could have been read: a node
/// keeps one NIC that its GPUs use, whatever other NICs it has.
std::string take_a_nic(Question& question) {
    Cluster& cluster = question.one.cluster;
    if (!cluster.network) return "there is no network between nodes";
    std::set<std::pair<int, int>> down;
    for (const Fault& fault : cluster.faults)
        if (const auto* nic = std::get_if<NicDown>(&fault)) down.emplace(nic->node, nic->nic);
    int node = 0;
    for (const NodeGroup& group : cluster.groups)
        for (int i = 0; i < group.count; ++i, ++node) {
            const auto is_down = [&](int nic) { return down.contains({node, nic}); };
            const std::vector<int> in_use = group.node.nics ? nics_in_use(*group.node.nics, is_down) : std::vector<int>();
            if (in_use.size() < 2)
                return in_use.empty() ? fmt::format("node{} has no NIC in use", node)
                                      : fmt::format("node{} has 1 NIC in use, and would be left without", node);
            cluster.faults.emplace_back(NicDown{node, in_use.back()});
        }
    try {
        question.fabric = fabric_of(cluster);
    } catch (const MisfitError& misfit) {
        return "the fabric needs each NIC: it takes " + misfit.expected;
    }
    return {};
}

std::string balance(Question& question) {
    question.traffic = evenly_spread(question.traffic, question.fabric);
    return {};
}

}  // namespace

std::vector<Variation> variations_of(const Fabric& fabric, const Algorithm& algorithm, bool with_software, bool with_layer) {
    std::vector<Variation> variations;
    const auto at_each_factor = [&](const std::string& what, const auto& apply) {
        for (const double factor : factors)
            variations.push_back({what, factor, true, [apply, factor](Question& question) {
                                      apply(question, factor);
                                      return std::string();
                                  }});
    };
    for (const LinkKind kind :
         {LinkKind::nvlink, LinkKind::pcie, LinkKind::nic, LinkKind::leaf, LinkKind::pod, LinkKind::trunk, LinkKind::memory})
        if (const auto is_of_kind = [kind](const Link& link) { return link.kind == kind; };
            std::any_of(fabric.links.begin(), fabric.links.end(), is_of_kind))
            at_each_factor(std::string(name_of(kind)), [is_of_kind](Question& question, double factor) {
                make_links_faster(question.fabric, factor, is_of_kind);
            });
    if (std::any_of(fabric.links.begin(), fabric.links.end(),
                    [](const Link& link) { return link.kind != LinkKind::nic && is_between_nodes(link); }))
        at_each_factor("nic and switches",
                       [](Question& question, double factor) { make_links_faster(question.fabric, factor, is_between_nodes); });
    at_each_factor("latency", [](Question& question, double factor) { question.fabric.scale_latency(1 / factor); });
    if (with_software) {
        at_each_factor("software",
                       [](Question& question, double factor) { speed_up(question.one.costs, Lever::software, factor); });
        at_each_factor("copying threads",
                       [](Question& question, double factor) { speed_up(question.one.costs, Lever::copying_threads, factor); });
    }
    if (with_layer)
        at_each_factor("compute", [](Question& question, double factor) {
            for (Fabric::Gpu& gpu : question.fabric.gpus) gpu.speed *= factor;
        });
    variations.push_back({"one NIC fewer on each node", 1, true, take_a_nic});
    variations.push_back({"perfect balance", 1, false, balance});
    const bool merges = algorithm.granularity != Granularity::expert;
    const std::string name(algorithm.name);
    variations.push_back({"a token once to each GPU", 1, false, [merges, name](Question& question) {
                              if (merges) return name + " does so already";
                              if (!question.traffic.dispatch.tokens)
                                  return std::string("S(i,k) does not say which of its bytes are of the same token");
                              question.traffic = merged_by_rank(question.traffic);
                              return std::string();
                          }});
    return variations;
}

}  // namespace tokenyard
