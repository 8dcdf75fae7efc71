// SPDX-License-Identifier: Apache-2.0
#include "input/templates.hpp"

#include "input/input.hpp"
#include "input/load.hpp"
#include "input/study_values.hpp"
#include "input/values.hpp"
#include "input/workload_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tokenyard {
namespace {

struct Meaning {
    std::string_view path, text;
};

constexpr Meaning meanings[] = {
    {"name", "what outputs call it"},
    {"nodes", "machines"},
    {"node", "one machine"},
    {"node.gpus", "of one machine: nvidia-smi -L, rocm-smi"},
    {"node.host", "the part for its CPU, see `tokenyard list hosts`: lscpu"},
    {"node.gpu", "one GPU"},
    {"node.gpu.model", "for people: nvidia-smi -L"},
    {"node.gpu.chip", "the part with its memory, rates and kernels, see `tokenyard list chips`"},
    {"node.scale_up", "the links between the GPUs of a node: nvidia-smi topo -m"},
    {"node.scale_up.kind", "nvswitch, mesh (xGMI, or NVLinks without switches) or pcie"},
    {"node.scale_up.bandwidth_per_gpu",
     "all links of a GPU together, one direction: nvidia-smi nvlink -s, or half of the data sheet's"},
    {"node.scale_up.latency", "half of a round trip between two GPUs: nvbandwidth, device_to_device_latency_sm"},
    {"node.scale_up.domain", "GPUs that these links join, where they join several nodes"},
    {"node.scale_up.planes", "switches that each GPU's links are spread over: nvidia-smi topo -p2p n, or the data sheet"},
    {"node.scale_up.switches", "PCIe switches that the GPUs are spread over: lspci -tv"},
    {"node.scale_up.switch_uplink", "from such a switch to the CPU, one direction: lspci -vv, LnkSta"},
    {"node.nics", "the cards that lead to other nodes"},
    {"node.nics.count", "of one machine, those of the compute network alone: ibstat, or ls /sys/class/infiniband"},
    {"node.nics.model", "the part for the card, see `tokenyard list nics`: lspci"},
    {"node.nics.bandwidth", "the line rate of one card, one direction: ibstat, Rate"},
    {"node.nics.latency", "through one switch: ib_write_lat"},
    {"node.nics.map", "which cards each GPU uses: nvidia-smi topo -m"},
    {"fabric", "the switches between nodes: the network's plan, or ibnetdiscover (`tokenyard import` reads it)"},
    {"fabric.kind", "single-switch, rail-optimized, rail-only, fat-tree or graph"},
    {"fabric.leaf_ports", "ports of a leaf switch, each of a card's rate"},
    {"fabric.oversubscription", "ports down over ports up of a leaf: 1 is non-blocking"},
    {"fabric.hop_latency", "each switch with its cable: a data sheet's port to port, and some 5 ns for a metre"},
    {"efficiency", "what is left of line rates for payload"},
    {"efficiency.scale_up", "a large copy between two GPUs over bandwidth_per_gpu: nvbandwidth, p2pBandwidthLatencyTest"},
    {"efficiency.scale_out", "what a card reaches over its line rate: ib_write_bw"},
    {"libraries", "whose software the exchange is, see `tokenyard list libraries`"},
    {"model", "of the model's config.json (`tokenyard import config.json` reads it)"},
    {"model.experts", "routed experts of a layer: n_routed_experts, num_experts, num_local_experts"},
    {"model.experts_per_token", "k of top-k: num_experts_per_tok"},
    {"model.hidden", "elements of a token: hidden_size"},
    {"model.moe_layers", "layers with experts: num_hidden_layers without those that are dense"},
    {"model.expert_groups", "n_group"},
    {"model.groups_per_token", "topk_group: the router takes experts of so many groups alone"},
    {"model.expert", "for --layer: how long experts compute"},
    {"model.expert.hidden", "inner size of an expert: moe_intermediate_size"},
    {"model.expert.matrices", "3 with a gate (SwiGLU), else 2"},
    {"model.expert.shared", "experts that every token goes to: n_shared_experts"},
    {"model.expert.dtype", "that the experts compute in"},
    {"model.expert.weight_dtype", "of their weights, where it is another"},
    {"ranks", "GPUs of the expert-parallel group; all of the cluster unless given"},
    {"batch", "tokens before they are routed"},
    {"batch.tokens_per_rank", "tokens that a GPU has in a step: requests a GPU in decode, prompt tokens in prefill"},
    {"dispatch", "what a token is on its way to its experts"},
    {"dispatch.dtype", "fp32, bf16, fp16, fp8_e4m3, fp8_e5m2, int8 or fp4_e2m1"},
    {"dispatch.scale_dtype", "what a scale is"},
    {"dispatch.scale_block", "elements that share one scale"},
    {"dispatch.metadata", "bytes that go with each token"},
    {"combine", "what comes back"},
    {"combine.dtype", "as of dispatch"},
    {"combine.scale_block", "as of dispatch"},
    {"combine.scale_dtype", "as of dispatch"},
    {"combine.metadata", "as of dispatch"},
    {"placement", "where experts are"},
    {"placement.extra", "slots more than experts, for copies of popular ones"},
    {"placement.kind", "which GPU holds which expert: contiguous, round-robin, redundant or map"},
    {"routing", "recorded: an engine's expert ids or load of experts (docs/yaml.md)"},
    {"routing.kind", "how tokens choose experts: uniform, zipf, hot, skew, or recorded: shares, trace"},
    {"routing.exponent", "0 is even; 1 means that the second expert has half of the first one's tokens"},
    {"between_layers", "what a GPU does between two MoE layers, such as attention"},
    {"seed", "of the draw: another one draws other tokens"},
};

std::string comment_of(const std::string& path) {
    const auto found = std::ranges::find(meanings, path, &Meaning::path);
    return found == std::end(meanings) ? "" : fmt::format("# {}", found->text);
}

/// The map as lines of YAML, its keys indented, comments in a column.
void write_map(const YamlNode& map, const std::string& above, int depth, std::string& out) {
    constexpr std::size_t column = 36;
    for (const YamlEntry& entry : map.entries) {
        if (entry.value->kind == YamlNode::Kind::nothing) continue;  // taken away
        const std::string path = above.empty() ? entry.key : above + "." + entry.key;
        const bool is_map = entry.value->kind == YamlNode::Kind::map;
        const std::string line = fmt::format("{:{}}{}:{}", "", 2 * depth, entry.key, is_map ? "" : " " + as_flow(*entry.value));
        const std::string comment = comment_of(path);
        out += comment.empty() ? line + "\n" : fmt::format("{:<{}} {}\n", line, column, comment);
        if (is_map) write_map(*entry.value, path, depth + 1, out);
    }
}

YamlPtr at_path(const YamlPtr& root, std::initializer_list<std::string_view> keys) {
    YamlPtr here = root;
    for (const std::string_view key : keys) {
        const YamlEntry* entry = here && here->kind == YamlNode::Kind::map ? find(*here, key) : nullptr;
        here = entry ? entry->value : nullptr;
    }
    return here;
}

std::string text_at(const YamlPtr& root, std::initializer_list<std::string_view> keys) {
    const YamlPtr found = at_path(root, keys);
    return found && found->kind == YamlNode::Kind::scalar ? found->text : "";
}

YamlPtr shipped(const std::string& name, PresetKind kind) { return load_document(name, kind).root; }

YamlPtr with(const YamlPtr& root, const std::string& path, const std::string& value) {
    return with_override(root, {path, value});
}

YamlPtr without(const YamlPtr& root, std::initializer_list<const char*> paths) {
    YamlPtr left = root;
    for (const char* path : paths) left = with(left, path, "~");
    return left;
}

/// In the order in which people look for them; whatever else there is comes behind.
YamlPtr in_order(const YamlPtr& root, std::initializer_list<std::string_view> first) {
    YamlNode sorted = *root;
    const auto place = [&](const YamlEntry& entry) { return std::find(first.begin(), first.end(), entry.key) - first.begin(); };
    std::ranges::stable_sort(sorted.entries, {}, place);
    return std::make_shared<const YamlNode>(std::move(sorted));
}

std::vector<std::string> named_in_clusters(std::initializer_list<std::string_view> keys) {
    std::vector<std::string> names;
    for (const Preset& preset : presets(PresetKind::cluster))
        if (const std::string name = text_at(shipped(preset.name, PresetKind::cluster), keys); !name.empty())
            names.push_back(name);
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

/// The shipped cluster with these parts, empty ones aside, whose name is shortest; empty where there is none. Where no chip is
/// asked for it is its fabric that counts.
std::string cluster_with(const std::string& chip, const std::string& nic) {
    std::string best;
    for (const Preset& preset : presets(PresetKind::cluster)) {
        const YamlPtr root = shipped(preset.name, PresetKind::cluster);
        if (!chip.empty() && text_at(root, {"node", "gpu", "chip"}) != chip) continue;
        if (!nic.empty() && text_at(root, {"node", "nics", "model"}) != nic) continue;
        const std::string fabric = text_at(root, {"fabric", "kind"});  // rails that nothing joins are not what most have
        if (chip.empty() && (fabric.empty() || fabric == "rail-only")) continue;
        if (best.empty() || preset.name.size() < best.size()) best = preset.name;
    }
    return best;
}

/// NICs and fabric of a cluster that has the NIC.
YamlPtr with_network_of(const YamlPtr& root, const std::string& nic) {
    const YamlPtr other = shipped(cluster_with("", nic), PresetKind::cluster);
    YamlPtr changed = without(root, {"node.nics", "fabric"});
    changed = with(changed, "node.nics", as_flow(*at_path(other, {"node", "nics"})));
    if (const YamlPtr fabric = at_path(other, {"fabric"})) changed = with(changed, "fabric", as_flow(*fabric));
    if (const std::string part = text_at(other, {"efficiency", "scale_out"}); !part.empty())
        changed = with(changed, "efficiency.scale_out", part);
    return changed;
}

}  // namespace

std::vector<std::string> chips_of_clusters() { return named_in_clusters({"node", "gpu", "chip"}); }
std::vector<std::string> nics_of_clusters() { return named_in_clusters({"node", "nics", "model"}); }

std::vector<std::string> hosts_of_parts() {
    std::vector<std::string> names;
    for (const Preset& preset : presets(PresetKind::host)) names.push_back(preset.name);
    return names;
}

std::vector<std::string> whole_workloads() {
    std::vector<std::string> names;
    for (const Preset& preset : presets(PresetKind::workload))
        if (!at_path(shipped(preset.name, PresetKind::workload), {"routing", "file"})) names.push_back(preset.name);
    return names;
}

std::string cluster_template(const ClusterWish& wish) {
    const std::string same = wish.nic ? cluster_with(wish.chip, *wish.nic) : "";
    const std::string from = same.empty() ? cluster_with(wish.chip, "") : same;
    YamlPtr root = shipped(from, PresetKind::cluster);
    const bool has_nics = at_path(root, {"node", "nics"}) != nullptr, has_fabric = at_path(root, {"fabric"}) != nullptr;
    const bool wants_network = wish.nic || (wish.nodes && *wish.nodes > 1);
    if (wants_network && same.empty() && (wish.nic || !has_nics || !has_fabric))
        root = with_network_of(root, wish.nic ? *wish.nic : "cx7");
    // The chip says the facts of its GPU; what was broken or measured there is not so here.
    root = without(root, {"description", "sources", "calibration", "faults", "background", "node.gpu.memory", "node.gpu.sms",
                          "node.gpu.memory_bandwidth", "node.gpu.flops"});
    if (wish.nodes) root = with(root, "nodes", std::to_string(*wish.nodes));
    if (wish.gpus) root = with(root, "node.gpus", std::to_string(*wish.gpus));
    if (wish.host) root = with(root, "node.host", *wish.host);
    root = with(root, "name", fmt::format("my_{}_x{}", wish.chip, text_at(root, {"nodes"})));
    std::string out = fmt::format(
        "# A cluster for `tokenyard predict`. Values are those of the shipped cluster {}{}; put in your own.\n"
        "# `tokenyard check FILE` says what is wrong, and docs/yaml.md lists all keys.\n",
        from, wants_network && same.empty() ? ", and of one with that NIC" : "");
    write_map(*in_order(root, {"name", "nodes", "node", "fabric", "efficiency", "libraries"}), "", 0, out);
    read_cluster_text(source_of("the new cluster", out));
    return out;
}

std::string workload_template(const std::string& name) {
    YamlPtr root = without(shipped(name, PresetKind::workload), {"description", "sources"});
    root = with(root, "name", "my_" + name);
    std::string out = fmt::format(
        "# A workload for `tokenyard predict`. Values are those of the shipped workload {}; put in your own.\n"
        "# `tokenyard check FILE` says what is wrong, and docs/yaml.md lists all keys.\n",
        name);
    write_map(*in_order(root, {"name", "ranks", "model", "batch", "dispatch", "combine", "placement", "routing"}), "", 0, out);
    workload_from(parse_yaml(source_of("the new workload", out)), std::nullopt);
    return out;
}

std::string study_template(const std::string& cluster, const std::string& workload) {
    const auto quoted = [](const std::string& text) {
        YamlNode node;
        node.kind = YamlNode::Kind::scalar;
        node.text = text;
        return as_flow(node);
    };
    return fmt::format(
        "# A study for `tokenyard sweep`: every combination of what stands under sweep. studies/README.md lists all keys.\n"
        "name: my_study\n"
        "cluster: {:<26} # a file beside this one, or a name of `tokenyard list clusters`; a list takes "
        "several\n"
        "workload: {:<25} # the same of a workload\n"
        "algorithm: [two-level, low-latency] # see `tokenyard list algorithms`; all takes every one\n"
        "sweep:                              # any keys of cluster and workload, and their values\n"
        "  batch.tokens_per_rank: [32, 128]\n"
        "  node.nics.bandwidth: [400 Gbit/s, 800 Gbit/s]\n"
        "seeds: 2                            # draws of tokens; more of them show how much depends on chance\n",
        quoted(cluster), quoted(workload));
}

}  // namespace tokenyard
