// SPDX-License-Identifier: Apache-2.0
#include "import/slurm_topology.hpp"

#include "import/lines.hpp"
#include "import/node_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tokenyard {
namespace {

struct SlurmSwitch {
    std::string name, switches, nodes;
    TextLine line;
    std::size_t switches_column = 1, nodes_column = 1;
};

std::vector<SlurmSwitch> switches_in(const SourceText& source) {
    std::vector<SlurmSwitch> switches;
    int blocks = 0;
    for (const TextLine& line : text_lines(source.text)) {
        const std::string_view text = line.text.substr(0, line.text.find('#'));
        SlurmSwitch one;
        one.line = line;
        for (const Word& word : words_of(text)) {
            const std::size_t equals = word.text.find('=');
            const std::string_view key = word.text.substr(0, equals);
            const std::string value(equals == std::string_view::npos ? "" : word.text.substr(equals + 1));
            const auto column = static_cast<std::size_t>(word.column);
            if (key == "SwitchName") one.name = value;
            else if (key == "Switches") one.switches = value, one.switches_column = column;
            else if (key == "Nodes") one.nodes = value, one.nodes_column = column;
            else if (key == "BlockName") ++blocks;
            else if (key != "LinkSpeed" && key != "Level" && key != "BlockSizes" && key != "BlockIndex" && key != "BlockSize")
                throw InputError({source.start.text, line.number, word.column},
                                 fmt::format("found {}; expected SwitchName, Switches, Nodes or LinkSpeed", in_quotes(key)));
        }
        if (!one.name.empty()) switches.push_back(std::move(one));
    }
    if (switches.empty())
        throw InputError(
            source.start,
            blocks > 0
                ? fmt::format("found {} blocks of nodes and no switch; expected switches: blocks are NVLink domains, which "
                              "node.scale_up.domain says in a cluster",
                              blocks)
                : "found no switch; expected lines SwitchName=");
    return switches;
}

}  // namespace

SwitchTree tree_from_slurm(const SourceText& source) {
    const std::vector<SlurmSwitch> switches = switches_in(source);
    SwitchTree tree;
    tree.at = source.start;
    tree.made_by = "SLURM's topology.conf";
    std::map<std::string, std::size_t> index;
    const auto fail = [&](const SlurmSwitch& one, std::size_t column, const std::string& message) {
        throw InputError({source.start.text, one.line.number, static_cast<int>(column)}, message);
    };
    for (const SlurmSwitch& one : switches) {
        if (!index.emplace(one.name, tree.switches.size()).second)
            fail(one, 1, fmt::format("found switch {} again; expected each once", in_quotes(one.name)));
        tree.switches.push_back(one.name);
    }
    std::map<std::string, std::string> leaf_of;
    std::set<std::size_t> below;
    for (const SlurmSwitch& one : switches) {
        std::vector<std::string> names;
        const bool is_leaf = one.switches.empty();  // others repeat the nodes of those below in what scontrol prints
        const std::size_t column = is_leaf ? one.nodes_column : one.switches_column;
        if (!add_node_names(is_leaf ? one.nodes : one.switches, names))
            fail(one, column,
                 fmt::format("found {}; expected names such as node[01-16], at most {}",
                             in_quotes(is_leaf ? one.nodes : one.switches), most_node_names));
        for (const std::string& name : names) {
            if (is_leaf) {
                const auto [known, is_new] = leaf_of.emplace(name, one.name);
                if (!is_new)
                    fail(one, column,
                         fmt::format("found node {} under {} and {}; expected each node under one leaf", in_quotes(name),
                                     known->second, one.name));
                tree.hosts.push_back({name, {{"", index[one.name]}}, {}});
                continue;
            }
            const auto found = index.find(name);
            if (found == index.end())
                fail(one, column, fmt::format("found switch {}, which no line describes; expected one", in_quotes(name)));
            below.insert(found->second);
            const auto pair = std::minmax(index[one.name], found->second);
            tree.trunks.push_back({pair.first, pair.second, 1, {}});
        }
    }
    if (tree.switches.size() > 1 && tree.switches.size() - below.size() != 1)
        throw InputError(
            source.start,
            fmt::format(
                "found {} switches that nothing joins, with {} nodes; expected one at the top: add the lines of the upper "
                "levels",
                tree.switches.size() - below.size(), tree.hosts.size()));
    tree.notes.push_back(fmt::format("{} switches, {} nodes", tree.switches.size(), tree.hosts.size()));
    return tree;
}

}  // namespace tokenyard
