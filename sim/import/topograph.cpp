// SPDX-License-Identifier: Apache-2.0
#include "import/topograph.hpp"

#include "import/node_names.hpp"
#include "input/document.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace tokenyard {
namespace {

/// The value of a key of a map; nullptr where there is none.
const YamlNode* part_of(const YamlNode& map, std::string_view key) {
    if (map.kind != YamlNode::Kind::map) refuse(map, "a map");
    const YamlEntry* entry = find(map, key);
    return entry && entry->value->kind != YamlNode::Kind::nothing ? entry->value.get() : nullptr;
}

const YamlNode& part_needed(const YamlNode& map, std::string_view key) {
    if (const YamlNode* part = part_of(map, key)) return *part;
    throw InputError(map.at, fmt::format("found no '{}'; expected it", key));
}

const std::vector<YamlPtr>& list_needed(const YamlNode& map, std::string_view key) {
    const YamlNode& list = part_needed(map, key);
    if (list.kind != YamlNode::Kind::list) refuse(list, "a list");
    return list.items;
}

class TopographModel {
public:
    explicit TopographModel(const SourceText& source) : root_(parse_yaml(source)) {
        tree_.at = source.start;
        tree_.made_by = "a model of topograph";
    }

    SwitchTree read() {
        const YamlNode& switches = part_needed(*root_, "switches");
        if (switches.kind != YamlNode::Kind::map) refuse(switches, "a map of switches by name");
        for (const YamlEntry& entry : switches.entries) switch_named(entry.key);
        for (const YamlEntry& entry : switches.entries) read_switch(entry);
        for (const char* key : {"blocks", "capacity_blocks"})
            if (part_of(*root_, key))
                for (const YamlPtr& block : list_needed(*root_, key)) read_block(*block);
        if (tree_.hosts.empty()) throw InputError(tree_.at, "found no node below a switch; expected blocks with nodes");
        if (tree_.switches.size() - below_.size() != 1)
            throw InputError(switches.at, fmt::format("found {} switches that no other one joins; expected one at the top",
                                                      tree_.switches.size() - below_.size()));
        tree_.notes.push_back(fmt::format("{} switches, {} nodes", tree_.switches.size(), tree_.hosts.size()));
        note_domains();
        return std::move(tree_);
    }

private:
    std::size_t switch_named(const std::string& name) {
        const auto [known, is_new] = index_.emplace(name, tree_.switches.size());
        if (is_new) tree_.switches.push_back(name);
        return known->second;
    }

    std::vector<std::string> names_in(const YamlNode& list) const {
        if (list.kind != YamlNode::Kind::list) refuse(list, "a list of names");
        std::vector<std::string> names;
        for (const YamlPtr& item : list.items)
            if (!add_node_names(name_value(*item, "a name"), names))
                refuse(*item, fmt::format("names such as node[01-16], at most {}", most_node_names));
        return names;
    }

    void read_switch(const YamlEntry& entry) {
        if (entry.value->kind == YamlNode::Kind::nothing) return;
        const std::size_t at = switch_named(entry.key);
        if (const YamlNode* children = part_of(*entry.value, "switches"))
            for (const std::string& name : names_in(*children)) {
                const std::size_t child = switch_named(name);
                if (child == at || !below_.insert(child).second)
                    throw InputError(children->at,
                                     fmt::format("found switch {} below two others; expected a tree", in_quotes(name)));
                const auto [a, b] = std::minmax(at, child);
                tree_.trunks.push_back({a, b, 1, {}});
            }
        if (const YamlNode* nodes = part_of(*entry.value, "nodes")) add_nodes(*nodes, at);
    }

    void add_nodes(const YamlNode& list, std::size_t at) {
        for (const std::string& name : names_in(list)) {
            if (!seen_.insert(name).second)
                throw InputError(list.at, fmt::format("found node {} again; expected each below one switch", in_quotes(name)));
            if (tree_.hosts.size() >= most_node_names)
                throw InputError(list.at, fmt::format("found more than {} nodes; expected fewer", most_node_names));
            tree_.hosts.push_back({name, {{"", at}}, {}});
        }
    }

    void read_block(const YamlNode& block) {
        const YamlNode& nodes = part_needed(block, "nodes");
        const std::size_t before = tree_.hosts.size();
        if (const YamlNode* at = part_of(block, "switch")) {
            const std::string name = name_value(*at, "switch");
            const auto known = index_.find(name);
            if (known == index_.end()) refuse(*at, "the name of a switch above");
            add_nodes(nodes, known->second);
        }
        const YamlNode* annotations = part_of(block, "annotations");
        const YamlNode* domain =
            annotations ? part_of(*annotations, "accelerator.topology.test/domain") : part_of(block, "nvlink");
        if (domain) domains_[name_value(*domain, "a domain")] += tree_.hosts.size() - before;
    }

    void note_domains() {
        if (domains_.empty()) return;
        const auto [least, most] = std::ranges::minmax_element(domains_, {}, [](const auto& one) { return one.second; });
        const std::string of_nodes = least->second == most->second ? fmt::format("{}", most->second)
                                                                   : fmt::format("{} to {}", least->second, most->second);
        tree_.notes.push_back(
            fmt::format("{} NVLink domains of {} nodes, which is not taken over: --set node.scale_up.domain=GPUS",
                        domains_.size(), of_nodes));
    }

    YamlPtr root_;
    SwitchTree tree_;
    std::map<std::string, std::size_t> index_;
    std::set<std::size_t> below_;
    std::set<std::string> seen_;
    std::map<std::string, std::size_t> domains_;  // nodes of each
};

/// Ids and names of NetQ's devices.
struct NetqDevices {
    std::map<std::string, std::size_t> switches, hosts;
};

void take_devices(const YamlNode& graph, NetqDevices& devices, SwitchTree& tree) {
    constexpr long top = 64;
    for (const YamlPtr& tier : list_needed(graph, "nodes"))
        for (const YamlPtr& device : list_needed(*tier, "compounded_nodes")) {
            const std::string id = name_value(part_needed(*device, "id"), "id"),
                              name = name_value(part_needed(*device, "name"), "name");
            const bool is_host = number_value(part_needed(*device, "tier"), -1, top) < 0;
            const std::size_t place = is_host ? tree.hosts.size() : tree.switches.size();
            if (devices.switches.contains(id) || devices.hosts.contains(id))
                throw InputError(device->at, fmt::format("found device {} again; expected each once", in_quotes(id)));
            (is_host ? devices.hosts : devices.switches).emplace(id, place);
            if (is_host) tree.hosts.push_back({name, {}, {}});
            else tree.switches.push_back(name);
        }
    std::vector<std::string> names = tree.switches;
    std::ranges::sort(names);
    const auto repeated = std::ranges::adjacent_find(names);
    if (repeated != names.end())
        throw InputError(graph.at,
                         fmt::format("found two switches called {}; expected names of their own", in_quotes(*repeated)));
}

/// The interface of a host, of the two ends of a cable.
std::string interface_of(const YamlNode& cable, const std::string& host) {
    for (const YamlPtr& end : list_needed(cable, "interfaces"))
        if (part_needed(*end, "node").text == host) return name_value(part_needed(*end, "interface"), "interface");
    throw InputError(cable.at, fmt::format("found no interface of {}; expected one", in_quotes(host)));
}

void take_bundle(const YamlNode& bundle, const NetqDevices& devices, SwitchTree& tree) {
    const YamlNode &from = part_needed(bundle, "src"), &to = part_needed(bundle, "target");
    for (const YamlNode* end : {&from, &to})
        if (!devices.switches.contains(end->text) && !devices.hosts.contains(end->text))
            refuse(*end, "the id of a device among the nodes");
    const bool is_host = devices.hosts.contains(from.text), other_is_host = devices.hosts.contains(to.text);
    if (is_host && other_is_host) refuse(to, "a switch at one end of a bundle");
    if (!is_host && !other_is_host) {
        constexpr long most_cables = 1 << 16;
        const auto [a, b] = std::minmax(devices.switches.at(from.text), devices.switches.at(to.text));
        if (a == b) refuse(to, "another switch than the one that it starts from");
        tree.trunks.push_back({a, b, static_cast<int>(count_value(part_needed(bundle, "size"), 1, most_cables)), {}});
        return;
    }
    const std::string& host = is_host ? from.text : to.text;
    const std::size_t at = devices.switches.at(is_host ? to.text : from.text);
    for (const YamlPtr& cable : list_needed(bundle, "compounded_links"))
        if (!tree.hosts[devices.hosts.at(host)].switch_of.emplace(interface_of(*cable, host), at).second)
            throw InputError(cable->at, fmt::format("found an interface of {} again; expected each once", in_quotes(host)));
}

}  // namespace

SwitchTree tree_from_topograph(const SourceText& source) { return TopographModel(source).read(); }

SwitchTree tree_from_netq(const SourceText& source) {
    const YamlPtr root = parse_yaml(source);
    const std::vector<YamlPtr> graphs = root->kind == YamlNode::Kind::list ? root->items : std::vector{root};
    if (graphs.size() != 1) throw InputError(source.start, fmt::format("found {} graphs; expected one", graphs.size()));
    SwitchTree tree;
    tree.at = source.start;
    tree.made_by = "NetQ's topology graph";
    NetqDevices devices;
    take_devices(*graphs[0], devices, tree);
    for (const YamlPtr& bundle : list_needed(*graphs[0], "links")) take_bundle(*bundle, devices, tree);
    std::erase_if(tree.hosts, [](const SwitchTree::Host& host) { return host.switch_of.empty(); });
    if (tree.switches.empty()) throw InputError(source.start, "found no switch; expected devices of tier 1 and above");
    int cables = 0;
    for (const SwitchTree::Trunk& trunk : tree.trunks) cables += trunk.cables;
    tree.notes.push_back(
        fmt::format("{} switches, {} hosts, {} cables between switches", tree.switches.size(), tree.hosts.size(), cables));
    return tree;
}

}  // namespace tokenyard
