// SPDX-License-Identifier: Apache-2.0
#include "report/cost_text.hpp"
#include "report/prices_yaml.hpp"
#include "report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace tokenyard {
namespace {

// Twelve digits hide the last bits of a conversion (50 us are 5e-5 s, which are 49.99999999999999 us), and read back alike.
std::string bandwidth(Bandwidth rate) { return fmt::format("{:.12g} GB/s", in_gigabytes_per_second(rate)); }
std::string time(Seconds time) { return fmt::format("{:.12g} us", in_microseconds(time)); }
std::string size(Bytes volume) { return fmt::format("{:.0f} B", in_bytes(volume)); }

/// In double quotes, so that any text reads back as it is.
std::string yaml_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n') out += "\\n";
        else if (c == '\t') out += "\\t";
        else if (c != '\r') out += c;
    }
    return out + "\"";
}

/// Nothing where a file has none.
std::string sources_yaml(const std::vector<std::string>& sources) {
    std::string out = sources.empty() ? "" : "sources:\n";
    for (const std::string& source : sources) out += "  - " + yaml_text(source) + "\n";
    return out;
}

std::string title(const std::string& name, const std::string& description) {
    return fmt::format("name: {}\n{}", yaml_text(name),
                       description.empty() ? "" : "description: " + yaml_text(description) + "\n");
}

std::string list(const std::vector<int>& values) { return fmt::format("[{}]", fmt::join(values, ", ")); }

std::string lists(const std::vector<std::vector<int>>& values) {
    std::string out = "[";
    for (std::size_t i = 0; i < values.size(); ++i) out += (i > 0 ? ", " : "") + list(values[i]);
    return out + "]";
}

std::string libraries_yaml(const std::vector<FileMention>& libraries) {
    std::vector<std::string> names;
    for (const FileMention& library : libraries) names.push_back(yaml_text(library.name));
    return fmt::format("libraries: [{}]\n", fmt::join(names, ", "));
}

std::string gpu_yaml(const GpuModel& gpu) {
    std::string out = fmt::format("{{model: {}, memory: {} GB, memory_bandwidth: {}", yaml_text(gpu.model),
                                  in_bytes(gpu.memory) / 1e9, bandwidth(gpu.memory_bandwidth));
    if (gpu.sms > 0) out += fmt::format(", sms: {}", gpu.sms);
    std::vector<std::string> rates;
    for (const auto& [dtype, rate] : gpu.flops)
        rates.push_back(fmt::format("{}: {} TFLOP/s", dtype, in_flops_per_second(rate) / 1e12));
    if (!rates.empty()) out += fmt::format(", flops: {{{}}}", fmt::join(rates, ", "));
    if (gpu.chip) out += fmt::format(", chip: {}", yaml_text(gpu.chip->name));
    return out + "}";
}

std::string node_yaml(const Node& node, const std::string& indent) {
    std::string out = fmt::format("{}gpus: {}\n", indent, node.gpus);
    out += fmt::format("{}gpu: {}\n", indent, gpu_yaml(node.gpu));
    if (node.host) out += fmt::format("{}host: {}\n", indent, yaml_text(node.host->name));
    if (node.scale_up) {
        constexpr std::array names{"nvswitch", "mesh", "pcie"};
        out += fmt::format("{}scale_up: {{kind: {}, bandwidth_per_gpu: {}, latency: {}, domain: {}", indent,
                           names[static_cast<std::size_t>(node.scale_up->kind)], bandwidth(node.scale_up->bandwidth_per_gpu),
                           time(node.scale_up->latency), node.scale_up->domain);
        if (node.scale_up->kind == ScaleUpKind::nvswitch) out += fmt::format(", planes: {}", node.scale_up->planes);
        if (node.scale_up->kind == ScaleUpKind::pcie) out += fmt::format(", switches: {}", node.scale_up->switches);
        if (node.scale_up->switches > 1) out += fmt::format(", switch_uplink: {}", bandwidth(node.scale_up->switch_uplink));
        out += "}\n";
    }
    if (node.pcie) {
        out += fmt::format("{}pcie: {{bandwidth: {}, latency: {}, switches: {}", indent, bandwidth(node.pcie->bandwidth),
                           time(node.pcie->latency), node.pcie->switches);
        if (node.pcie->switches > 1) out += fmt::format(", switch_uplink: {}", bandwidth(node.pcie->switch_uplink));
        out += "}\n";
    }
    if (node.nics) {
        out += fmt::format("{}nics: {{count: {}, bandwidth: {}, latency: {}, map: {}", indent, node.nics->count,
                           bandwidth(node.nics->bandwidth), time(node.nics->latency), lists(node.nics->of_gpu));
        if (!node.nics->pcie_switch.empty()) out += fmt::format(", pcie_switch: {}", list(node.nics->pcie_switch));
        if (node.nics->model) out += fmt::format(", model: {}", yaml_text(node.nics->model->name));
        out += "}\n";
    }
    if (node.uses_nics_inside) out += fmt::format("{}inside: nics\n", indent);
    return out;
}

struct NetworkYaml {
    std::string hop, seed;  // the seed with its key and what stands before the next, or empty

    static std::string routing(int spines) {
        return spines > 0 ? fmt::format("routing: ecmp, spines: {}", spines) : "routing: adaptive";
    }

    std::string operator()(const SingleSwitch&) const {
        return fmt::format("fabric: {{kind: single-switch, hop_latency: {}}}\n", hop);
    }
    std::string operator()(const RailOptimized& rails) const {
        return fmt::format(
            "fabric: {{kind: rail-optimized, leaf_ports: {}, leaf_down_ports: {}, oversubscription: {}, {}, {}hop_latency: "
            "{}}}\n",
            rails.leaf_ports, rails.leaf_down_ports, rails.oversubscription, routing(rails.spines), seed, hop);
    }
    std::string operator()(const RailOnly& rails) const {
        return fmt::format("fabric: {{kind: rail-only, leaf_ports: {}, hop_latency: {}}}\n", rails.leaf_ports, hop);
    }
    std::string operator()(const FatTree& tree) const {
        const std::string pods = tree.levels == 3 ? fmt::format(", pod_leaves: {}, pod_oversubscription: {}", tree.pod_leaves,
                                                                tree.pod_oversubscription)
                                                  : "";
        return fmt::format(
            "fabric: {{kind: fat-tree, levels: {}, leaf_ports: {}, leaf_down_ports: {}, oversubscription: {}{}, {}, "
            "{}hop_latency: {}}}\n",
            tree.levels, tree.leaf_ports, tree.leaf_down_ports, tree.oversubscription, pods, routing(tree.spines), seed, hop);
    }
    std::string operator()(const SwitchGraph& graph) const {
        std::string out = fmt::format("fabric:\n  kind: graph\n{}  hop_latency: {}\n  switches:\n",
                                      seed.empty() ? "" : "  " + seed.substr(0, seed.size() - 2) + "\n", hop);
        for (const std::string& name : graph.switches) out += "    - " + yaml_text(name) + "\n";
        out += "  attach:\n";
        for (const SwitchGraph::Attachment& nic : graph.attachments)
            out += fmt::format("    - {{nodes: {}, nics: {}, switch: {}}}\n", nic.node, nic.nic,
                               yaml_text(graph.switches[static_cast<std::size_t>(nic.switch_index)]));
        if (graph.connections.empty()) return out;
        out += "  links:\n";
        for (const SwitchGraph::Connection& cable : graph.connections)
            out += fmt::format("    - {{between: [{}, {}], bandwidth: {}, latency: {}}}\n",
                               yaml_text(graph.switches[static_cast<std::size_t>(cable.a)]),
                               yaml_text(graph.switches[static_cast<std::size_t>(cable.b)]), bandwidth(cable.bandwidth),
                               time(cable.latency));
        return out;
    }
};

struct FaultYaml {
    std::string operator()(const NicDown& down) const {
        return fmt::format("{{kind: nic-down, node: {}, nic: {}}}", down.node, down.nic);
    }
    std::string operator()(const SlowLink& slow) const {
        return fmt::format("{{kind: slow-link, link: {}, factor: {}}}", yaml_text(slow.link), slow.factor);
    }
    std::string operator()(const NvswitchDown& down) const {
        return fmt::format("{{kind: nvswitch-down, node: {}, planes: {}}}", down.node, down.planes);
    }
    std::string operator()(const SlowGpu& slow) const {
        return fmt::format("{{kind: slow-gpu, node: {}, gpu: {}, factor: {}}}", slow.node, slow.gpu, slow.factor);
    }
    std::string operator()(const LateRank& late) const {
        return fmt::format("{{kind: late-rank, rank: {}, delay: {}}}", late.rank, time(late.delay));
    }
};

struct BackgroundYaml {
    std::string operator()(const BackgroundFlow& flow) const {
        return fmt::format("{{from: node{}/gpu{}, to: node{}/gpu{}, bandwidth: {}}}", flow.from.node, flow.from.gpu, flow.to.node,
                           flow.to.gpu, bandwidth(flow.bandwidth));
    }
    std::string operator()(const BackgroundLoad& load) const {
        return fmt::format("{{link: {}, load: {}}}", yaml_text(load.link), load.load);
    }
};

/// Nothing for an empty list, which is not one that is read.
template <class AsYaml, class Entry>
std::string entries_yaml(const std::string& key, const std::vector<Entry>& entries) {
    std::string out;
    for (const Entry& entry : entries) out += "  - " + std::visit(AsYaml{}, entry) + "\n";
    return out.empty() ? out : key + ":\n" + out;
}

std::string encoding_yaml(const std::string& key, const Encoding& encoding) {
    const std::string scales = encoding.scale_block > 0 ? fmt::format(", scale_block: {}, scale_dtype: {}", encoding.scale_block,
                                                                      encoding.scale_dtype.name)
                                                        : "";
    return fmt::format("{}: {{dtype: {}{}, metadata: {}}}\n", key, encoding.dtype.name, scales, size(encoding.metadata));
}

struct PlacementYaml {
    std::string operator()(const ContiguousPlacement&) const { return "{kind: contiguous}"; }
    std::string operator()(const RoundRobinPlacement&) const { return "{kind: round-robin}"; }
    std::string operator()(const MapPlacement& map) const {
        return fmt::format("{{kind: map, ranks: {}}}", lists(map.ranks_of_expert));
    }
    std::string operator()(const RedundantPlacement& redundant) const {
        return fmt::format("{{kind: redundant, extra: {}}}", redundant.extra);
    }
};

struct RoutingYaml {
    std::string operator()(const UniformRouting&) const { return "{kind: uniform}"; }
    std::string operator()(const ZipfRouting& zipf) const { return fmt::format("{{kind: zipf, exponent: {}}}", zipf.exponent); }
    std::string operator()(const LognormalRouting& lognormal) const {
        return fmt::format("{{kind: lognormal, sigma: {}}}", lognormal.sigma);
    }
    std::string operator()(const DirichletRouting& dirichlet) const {
        return fmt::format("{{kind: dirichlet, alpha: {}}}", dirichlet.alpha);
    }
    std::string operator()(const HotRouting& hot) const {
        return fmt::format("{{kind: hot, experts: {}, factor: {}}}", list(hot.experts), hot.factor);
    }
    std::string operator()(const SharesRouting& shares) const {
        return fmt::format("{{kind: shares, file: {}}}", yaml_text(shares.file.name));
    }
    std::string operator()(const SkewRouting& skew) const {
        return fmt::format("{{kind: skew, max_over_mean: {}}}", skew.max_over_mean);
    }
    std::string operator()(const TraceRouting& trace) const {
        return fmt::format("{{kind: trace, file: {}}}", yaml_text(trace.file.name));
    }
};

std::string expert_yaml(const Model& model) {
    if (!model.expert) return "";
    const ExpertModel& expert = *model.expert;
    return fmt::format(", expert: {{hidden: {}, matrices: {}, shared: {}, dtype: {}, weight_dtype: {}}}", expert.hidden,
                       expert.matrices, expert.shared, expert.dtype.name, expert.weight_dtype.name);
}

std::string tokens_yaml(const TokenWorkload& tokens) {
    const Model& model = tokens.model;
    std::string out = fmt::format(
        "model: {{experts: {}, experts_per_token: {}, hidden: {}, moe_layers: {}, expert_groups: {}, groups_per_token: {}{}}}\n",
        model.experts, model.experts_per_token, model.hidden, model.moe_layers, model.expert_groups, model.groups_per_token,
        expert_yaml(model));
    if (tokens.between_layers.si > 0) out += fmt::format("between_layers: {}\n", time(tokens.between_layers));
    if (tokens.other_memory) out += fmt::format("memory: {{other: {}}}\n", size(*tokens.other_memory));
    const bool all_alike = std::adjacent_find(tokens.tokens_per_rank.begin(), tokens.tokens_per_rank.end(),
                                              std::not_equal_to<>{}) == tokens.tokens_per_rank.end();
    out += fmt::format("batch: {{tokens_per_rank: {}}}\n",
                       all_alike ? fmt::format("{}", tokens.tokens_per_rank.front()) : list(tokens.tokens_per_rank));
    out += encoding_yaml("dispatch", tokens.dispatch) + encoding_yaml("combine", tokens.combine);
    out += fmt::format("placement: {}\nrouting: {}\n", std::visit(PlacementYaml{}, tokens.placement),
                       std::visit(RoutingYaml{}, tokens.routing));
    return out;
}

}  // namespace

std::string as_yaml(const Cluster& cluster) {
    std::string out = title(cluster.name, cluster.description);
    if (cluster.groups.size() == 1) {
        out += fmt::format("nodes: {}\nnode:\n{}", cluster.groups.front().count, node_yaml(cluster.groups.front().node, "  "));
    } else {
        out += "groups:\n";
        for (const NodeGroup& group : cluster.groups)
            out += fmt::format("  - count: {}\n    node:\n{}", group.count, node_yaml(group.node, "      "));
    }
    if (cluster.network) {
        const int seed = cluster.network->hash_seed;
        const NetworkYaml network{time(cluster.network->hop_latency), seed == 0 ? "" : fmt::format("hash_seed: {}, ", seed)};
        out += std::visit(network, cluster.network->kind);
    }
    out += fmt::format("efficiency: {{scale_up: {}, scale_out: {}, pcie: {}}}\n", cluster.efficiency.scale_up,
                       cluster.efficiency.scale_out, cluster.efficiency.pcie);
    out += entries_yaml<FaultYaml>("faults", cluster.faults) + entries_yaml<BackgroundYaml>("background", cluster.background);
    if (!cluster.libraries.empty()) out += libraries_yaml(cluster.libraries);
    if (cluster.calibration) out += fmt::format("calibration: {}\n", yaml_text(cluster.calibration->name));
    return out + prices_yaml(cluster) + sources_yaml(cluster.sources);
}

namespace {

/// `line_of` gives the line of a cost by its place in the table, or nothing.
template <class LineOf>
std::string costs_yaml(const Costs& costs, const std::string& parts, const LineOf& line_of) {
    std::string out = title(costs.name, costs.description);
    if (!parts.empty()) out += fmt::format("parts: {}\n", parts);
    std::string_view group;
    for (std::size_t i = 0; i < cost_keys().size(); ++i) {
        const CostKey& key = cost_keys()[i];
        const std::string line = line_of(i, fmt::format("  {}: {}", key.key(), cost_text(key, key.get(costs))));
        if (line.empty()) continue;
        if (key.group != group) out += fmt::format("{}:\n", group = key.group);
        out += line + "\n";
    }
    return out + sources_yaml(costs.sources);
}

}  // namespace

std::string as_yaml(const Costs& costs) {
    return costs_yaml(costs, "", [&](std::size_t place, const std::string& line) {
        const CostKey& key = cost_keys()[place];
        const double value = key.get(costs);
        const bool is_absent = std::isnan(value) || (value == key.initial && key.kind != CostKind::choice);
        return is_absent && !key.is_needed ? "" : line;  // no limit, or as another: so it reads back
    });
}

std::string as_yaml(const Costs& costs, const std::vector<std::string>& origins) {
    return costs_yaml(costs, "", [&](std::size_t place, const std::string& line) {
        return origins[place].empty() ? "" : fmt::format("{:<36}  # {}", line, origins[place]);
    });
}

std::string as_yaml(const GivenCosts& given) {
    return costs_yaml(given.costs, given.parts, [&](std::size_t place, const std::string& line) {
        return given.given_by.empty() || given.given_by[place].empty() ? "" : line;
    });
}

std::string as_yaml(const Workload& workload) {
    std::string out = title(workload.name, workload.description);
    if (workload.ranks > 0) out += fmt::format("ranks: {}\n", workload.ranks);
    out += fmt::format("seed: {}\n", workload.seed);
    if (!workload.libraries.empty()) out += libraries_yaml(workload.libraries);
    if (workload.algorithm) out += fmt::format("algorithm: {}\n", yaml_text(workload.algorithm->name));
    if (const auto* tokens = std::get_if<TokenWorkload>(&workload.traffic)) out += tokens_yaml(*tokens);
    else
        out +=
            fmt::format("routing: {{kind: matrix, file: {}}}\n", yaml_text(std::get<MatrixWorkload>(workload.traffic).file.name));
    return out + sources_yaml(workload.sources);
}

}  // namespace tokenyard
