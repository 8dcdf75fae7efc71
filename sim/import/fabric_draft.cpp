// SPDX-License-Identifier: Apache-2.0
#include "import/fabric_draft.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <deque>
#include <set>

namespace tokenyard {

std::vector<int> levels_of(const SwitchTree& tree) {
    std::vector<int> levels(tree.switches.size());
    std::deque<std::size_t> open;
    for (const SwitchTree::Host& host : tree.hosts)
        for (const auto& [adapter, at] : host.switch_of)
            if (std::exchange(levels[at], 1) == 0) open.push_back(at);
    std::vector<std::vector<std::size_t>> neighbours(tree.switches.size());
    for (const SwitchTree::Trunk& trunk : tree.trunks) {
        neighbours[trunk.a].push_back(trunk.b);
        neighbours[trunk.b].push_back(trunk.a);
    }
    for (; !open.empty(); open.pop_front())
        for (const std::size_t other : neighbours[open.front()])
            if (levels[other] == 0) {
                levels[other] = levels[open.front()] + 1;
                open.push_back(other);
            }
    return levels;
}

namespace {

/// Numbers in names by their value: n9 before n10.
bool is_before(std::string_view a, std::string_view b) {
    const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    std::size_t i = 0, k = 0;
    while (i < a.size() && k < b.size()) {
        if (!is_digit(a[i]) || !is_digit(b[k])) {
            if (a[i] != b[k]) return a[i] < b[k];
            ++i, ++k;
            continue;
        }
        const auto number = [&](std::string_view text, std::size_t& at) {
            const std::size_t start = at;
            while (at < text.size() && is_digit(text[at])) ++at;
            std::string_view digits = text.substr(start, at - start);
            while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
            return digits;
        };
        const std::string_view one = number(a, i), other = number(b, k);
        if (one != other) return one.size() != other.size() ? one.size() < other.size() : one < other;
    }
    return a.size() - i < b.size() - k || (a.size() - i == b.size() - k && a < b);
}

std::string first_and_more(std::vector<std::string> names) {
    constexpr std::size_t most = 8;
    const std::size_t all = names.size();
    if (all > most) names.resize(most);
    return fmt::format("{}{}", fmt::join(names, ", "), all > most ? fmt::format(", ... ({} in all)", all) : "");
}

/// How much more the ports of a leaf to hosts carry than those to other switches.
void remark_levels(const SwitchTree& tree, const std::vector<int>& levels, Draft& draft) {
    std::map<int, int> of_level;
    for (const int level : levels) ++of_level[level];
    std::vector<std::string> counts;
    for (const auto& [level, count] : of_level)
        counts.push_back(level == 0 ? fmt::format("{} without a host below", count)
                                    : fmt::format("{} of level {}", count, level));
    draft.remark(fmt::format("Switches: {}.", fmt::join(counts, ", ")));
    std::vector<int> down(tree.switches.size()), up(tree.switches.size());
    std::vector<std::set<std::string>> adapters(tree.switches.size());
    for (const SwitchTree::Host& host : tree.hosts)
        for (const auto& [adapter, at] : host.switch_of) {
            ++down[at];
            adapters[at].insert(adapter);
        }
    for (const SwitchTree::Trunk& trunk : tree.trunks)
        for (const auto& [one, other] : {std::pair{trunk.a, trunk.b}, std::pair{trunk.b, trunk.a}})
            if (levels[one] == 1 && levels[other] != 1) up[one] += trunk.cables;
    double least = 0, most = 0;
    int leaves = 0, of_one_rail = 0;
    for (const auto& [at, ports] : tree.other_ports) down[at] += ports;
    for (std::size_t one = 0; one < levels.size(); ++one) {
        if (levels[one] != 1) continue;
        ++leaves;
        of_one_rail += adapters[one].size() == 1;
        if (up[one] == 0) continue;
        const double ratio = static_cast<double>(down[one]) / up[one];
        least = least == 0 ? ratio : std::min(least, ratio);
        most = std::max(most, ratio);
    }
    if (most > 0)
        draft.remark(
            fmt::format("Oversubscription of leaves, ports to adapters over ports upwards: {:.3g} to {:.3g}.", least, most));
    draft.remark(fmt::format("Rails: {} of {} leaves have the same adapter of all their hosts.", of_one_rail, leaves));
}

/// Runs of neighbours as lists: [0, 1, 2].
std::string attach_yaml(const SwitchTree& tree, const Hosts& hosts) {
    std::string out;
    for (std::size_t nic = 0; nic < hosts.adapters.size(); ++nic) {
        std::map<std::size_t, std::vector<std::size_t>> nodes_of;  // by switch
        for (std::size_t node = 0; node < hosts.chosen.size(); ++node)
            nodes_of[hosts.chosen[node]->switch_of.at(hosts.adapters[nic])].push_back(node);
        for (const auto& [at, nodes] : nodes_of)
            out += fmt::format("\n    - {{nodes: [{}], nics: {}, switch: {}}}", fmt::join(nodes, ", "),
                               hosts.adapters[nic].empty() ? "all" : std::to_string(nic), yaml_quoted(tree.switches[at]));
    }
    return out;
}

}  // namespace

Hosts hosts_of(const SwitchTree& tree, Draft& draft) {
    std::map<std::vector<std::string>, std::vector<const SwitchTree::Host*>> by_adapters;
    for (const SwitchTree::Host& host : tree.hosts) {
        std::vector<std::string> adapters;
        for (const auto& [adapter, at] : host.switch_of) adapters.push_back(adapter);
        by_adapters[adapters].push_back(&host);
    }
    if (by_adapters.empty())
        throw InputError(tree.at, "found no host whose adapters have its name; expected one, such as \"node-1 mlx5_0\"");
    const auto most =
        std::ranges::max_element(by_adapters, {}, [](const auto& one) { return one.second.size() * one.first.size(); });
    Hosts hosts{most->second, most->first};
    std::ranges::sort(hosts.chosen, is_before, &SwitchTree::Host::name);
    std::ranges::sort(hosts.adapters, is_before);
    std::vector<std::string> left, kept;
    for (const auto& [adapters, others] : by_adapters)
        if (adapters != most->first)
            for (const SwitchTree::Host* host : others)
                left.push_back(fmt::format("{} with {}", host->name, fmt::join(adapters, "+")));
    for (const SwitchTree::Host* host : hosts.chosen) kept.push_back(host->name);
    draft.remark(fmt::format("Nodes 0 to {}: {}.", kept.size() - 1, first_and_more(kept)));
    if (!left.empty())
        draft.remark(fmt::format("Hosts left out, whose adapters are others than {}: {}.", fmt::join(most->first, "+"),
                                 first_and_more(left)));
    return hosts;
}

namespace {

/// Throws InputError unless cables join every switch that the nodes are plugged into.
void check_joined(const SwitchTree& tree, const Hosts& hosts) {
    std::vector<bool> is_reached(tree.switches.size());
    const std::size_t first = hosts.chosen.front()->switch_of.begin()->second;
    is_reached[first] = true;
    for (bool has_grown = true; has_grown;) {
        has_grown = false;
        for (const SwitchTree::Trunk& trunk : tree.trunks)
            if (is_reached[trunk.a] != is_reached[trunk.b]) is_reached[trunk.a] = is_reached[trunk.b] = has_grown = true;
    }
    for (const SwitchTree::Host* host : hosts.chosen)
        for (const auto& [adapter, at] : host->switch_of)
            if (!is_reached[at])
                throw InputError(
                    tree.at,
                    fmt::format("found no way between switches {} and {}; expected cables between them: is this all of the "
                                "fabric?",
                                in_quotes(tree.switches[first]), in_quotes(tree.switches[at])));
}

void draft_graph(const SwitchTree& tree, const Hosts& hosts, Draft& draft) {
    check_joined(tree, hosts);
    std::vector<std::string> names;
    for (const std::string& name : tree.switches) names.push_back(yaml_quoted(name));
    draft.say("fabric.kind", "graph", tree.made_by);
    draft.say("fabric.switches", fmt::format("[{}]", fmt::join(names, ", ")));
    draft.say("fabric.attach", attach_yaml(tree, hosts));
    std::string links;
    for (const SwitchTree::Trunk& trunk : tree.trunks)
        links += fmt::format("\n    - {{between: [{}, {}], bandwidth: {:.6g} Gbit/s, latency: 0 us, count: {}}}",
                             yaml_quoted(tree.switches[trunk.a]), yaml_quoted(tree.switches[trunk.b]),
                             in_gigabytes_per_second(*trunk.rate) * 8, trunk.cables);
    if (!links.empty()) draft.say("fabric.links", links, "rates of cables; their latency is in that of a hop");
}

/// How many are below each switch of a level, where it is the same number.
int same_for_all(const SwitchTree& tree, const std::map<std::size_t, int>& below, const std::string& what) {
    const auto [least, most] = std::ranges::minmax_element(below, {}, [](const auto& one) { return one.second; });
    if (least->second != most->second)
        throw InputError(tree.at,
                         fmt::format("found {} to {} {}; expected as many below each switch, because a fat tree of a cluster "
                                     "file is even",
                                     least->second, most->second, what));
    return most->second;
}

/// Without rates, only an even tree says how much goes where.
void draft_fat_tree(const SwitchTree& tree, const std::vector<int>& levels, int nics, Draft& draft) {
    const int depth = *std::ranges::max_element(levels);
    if (depth == 1) {
        draft.say("fabric.kind", "single-switch", tree.made_by);
        return;
    }
    constexpr int most_levels = 3;
    if (depth > most_levels)
        throw InputError(tree.at, fmt::format("found {} levels of switches; expected at most {}", depth, most_levels));
    std::map<std::size_t, int> nodes, leaves;
    for (const SwitchTree::Host& host : tree.hosts) ++nodes[host.switch_of.begin()->second];
    for (const SwitchTree::Trunk& trunk : tree.trunks) {
        const bool is_upwards = levels[trunk.a] < levels[trunk.b];
        if (levels[is_upwards ? trunk.a : trunk.b] == 1) ++leaves[is_upwards ? trunk.b : trunk.a];
    }
    const int of_leaf = same_for_all(tree, nodes, "nodes under a leaf");
    draft.say("fabric.kind", "fat-tree", tree.made_by);
    draft.say("fabric.levels", std::to_string(depth));
    draft.say("fabric.leaf_down_ports", std::to_string(of_leaf * nics), fmt::format("{} nodes of {} NICs", of_leaf, nics));
    draft.say("fabric.leaf_ports", std::to_string(2 * of_leaf * nics),
              "not told; as many upwards, of which oversubscription says what they carry");
    draft.ask("fabric.oversubscription", "oversubscription of leaves",
              "1 (what ports downwards carry over what ports upwards do)");
    if (depth == most_levels) draft.say("fabric.pod_leaves", std::to_string(same_for_all(tree, leaves, "leaves in a pod")));
}

}  // namespace

void draft_fabric(const SwitchTree& tree, const Hosts& hosts, std::size_t nics, const std::string& hop_latency, Draft& draft) {
    for (const std::string& note : tree.notes) draft.remark(fmt::format("Network: {}.", note));
    const std::vector<int> levels = levels_of(tree);
    const bool has_adapters = !hosts.adapters.front().empty();
    if (has_adapters) remark_levels(tree, levels, draft);
    draft.say("nodes", std::to_string(hosts.chosen.size()), tree.made_by);
    if (has_adapters) draft_graph(tree, hosts, draft);
    else draft_fat_tree(tree, levels, static_cast<int>(nics), draft);
    draft.say("fabric.hop_latency", hop_latency, "not told; as in dgx_h100_x4");
}

}  // namespace tokenyard
