// SPDX-License-Identifier: Apache-2.0
#include "input/chip_facts.hpp"

#include "input/node_reader.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tokenyard {
namespace {

constexpr const char* facts_key = "gpu";

/// The map with another value of a key that it has.
YamlPtr with_value(const YamlNode& map, std::string_view key, const YamlPtr& value) {
    YamlNode changed = map;
    for (YamlEntry& entry : changed.entries)
        if (entry.key == key) entry.value = value;
    return std::make_shared<const YamlNode>(std::move(changed));
}

/// The value of a key that is of this kind, or nullptr: what is wrong is refused where the cluster is read.
YamlPtr value_of(const YamlNode& node, std::string_view key, YamlNode::Kind kind) {
    if (node.kind != YamlNode::Kind::map) return nullptr;
    const YamlEntry* entry = find(node, key);
    return entry && entry->value->kind == kind ? entry->value : nullptr;
}

/// In lower case, what stands between signs that are neither letters nor digits.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words(1);
    for (const char sign : text) {
        const bool is_letter = (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z'),
                   is_digit = sign >= '0' && sign <= '9';
        if (!is_letter && !is_digit) words.emplace_back();
        else words.back() += sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign - 'A' + 'a') : sign;
    }
    std::erase(words, "");
    return words;
}

/// A node with `change` made to its GPU.
template <class Change>
YamlPtr with_gpu(const YamlPtr& node, const Change& change) {
    const YamlPtr gpu = value_of(*node, "gpu", YamlNode::Kind::map);
    return gpu ? with_value(*node, "gpu", change(gpu)) : node;
}

/// A cluster with `change` made to each of its nodes.
template <class Change>
YamlPtr with_nodes(const YamlPtr& cluster, const Change& change) {
    YamlPtr changed = cluster;
    if (const YamlPtr node = value_of(*cluster, "node", YamlNode::Kind::map))
        changed = with_value(*changed, "node", change(node));
    if (const YamlPtr groups = value_of(*cluster, "groups", YamlNode::Kind::list)) {
        YamlNode list = *groups;
        for (YamlPtr& group : list.items)
            if (const YamlPtr node = value_of(*group, "node", YamlNode::Kind::map))
                group = with_value(*group, "node", change(node));
        changed = with_value(*changed, "groups", std::make_shared<const YamlNode>(std::move(list)));
    }
    return changed;
}

/// GPUs that name no chip have the one that they are called after, where that is the same for all: costs are of one chip.
YamlPtr with_names_of_chips(const YamlPtr& cluster, std::vector<std::string>& guessed) {
    std::set<std::string> chips;
    bool is_named = false;
    with_nodes(cluster, [&](const YamlPtr& node) {
        return with_gpu(node, [&](const YamlPtr& gpu) {
            is_named = is_named || find(*gpu, "chip");
            const YamlPtr model = value_of(*gpu, "model", YamlNode::Kind::scalar);
            chips.insert(model ? chip_called(model->text) : "");
            return gpu;
        });
    });
    if (is_named || chips.size() != 1 || chips.begin()->empty()) return cluster;
    const std::string& chip = *chips.begin();
    guessed.push_back("node.gpu.chip is not given: " + chip + " is taken, after which the GPU is called");
    return with_nodes(cluster, [&](const YamlPtr& node) {
        return with_gpu(node, [&](const YamlPtr& gpu) {
            const YamlPtr model = value_of(*gpu, "model", YamlNode::Kind::scalar);
            YamlNode named = *gpu, name = *model;
            name.text = chip;
            named.entries.push_back({"chip", model->at, std::make_shared<const YamlNode>(std::move(name))});
            return std::make_shared<const YamlNode>(std::move(named));
        });
    });
}

YamlPtr node_with_chip(const YamlPtr& node, const ReadDocument& read, std::vector<InputFile>& chips) {
    const YamlPtr gpu = value_of(*node, "gpu", YamlNode::Kind::map);
    const YamlPtr chip = gpu ? value_of(*gpu, "chip", YamlNode::Kind::scalar) : nullptr;
    if (!chip) return node;
    std::string file;
    Refusals unused;  // one that is not there is refused where the cluster is read, with what else is wrong
    if (!unused.attempt([&] { file = file_or_preset(*chip, PresetKind::chip); })) return node;
    const LoadedDocument document = read(file, PresetKind::chip);
    const YamlEntry* facts = find(*document.root, facts_key);
    if (!facts || facts->value->kind == YamlNode::Kind::nothing) return node;
    check_gpu_facts(facts->value);
    const auto is_new = [&](const YamlEntry& fact) {
        const YamlEntry* own = find(*gpu, fact.key);
        if (!own || own->value->kind == YamlNode::Kind::nothing) return true;
        if (own->value->kind != YamlNode::Kind::map || fact.value->kind != YamlNode::Kind::map) return false;
        return std::ranges::any_of(fact.value->entries, [&](const YamlEntry& each) { return !find(*own->value, each.key); });
    };
    if (std::ranges::any_of(facts->value->entries, is_new)) add_files(document.files, chips);
    YamlNode own = *gpu;
    std::erase_if(own.entries, [](const YamlEntry& entry) { return entry.value->kind == YamlNode::Kind::nothing; });
    return with_value(*node, "gpu", merge(facts->value, std::make_shared<const YamlNode>(std::move(own))));
}

}  // namespace

std::string chip_called(std::string_view model) {
    const std::vector<std::string> said = words_of(model);
    const auto says = [&](const auto& is_it) { return std::ranges::any_of(said, is_it); };
    const bool is_other_board = says([](const std::string& word) { return word == "pcie" || word.starts_with("nvl"); });
    std::string found;
    for (const Preset& preset : presets(PresetKind::chip)) {
        const std::vector<std::string> name = words_of(preset.name);
        const bool is_called = std::ranges::all_of(name, [&](const std::string& word) {
            if (word == "sxm") return !is_other_board;  // which data sheets do not always say
            return says([&](const std::string& each) { return each == word; });
        });
        if (!is_called) continue;
        if (!found.empty()) return "";
        found = preset.name;
    }
    return found;
}

ClusterWithChips with_chips(const YamlPtr& cluster, const ReadDocument& read) {
    ClusterWithChips with;
    const YamlPtr named = with_names_of_chips(cluster, with.guessed);
    with.root = with_nodes(named, [&](const YamlPtr& node) { return node_with_chip(node, read, with.chips); });
    return with;
}

void add_files(const std::vector<InputFile>& more, std::vector<InputFile>& files) {
    for (const InputFile& file : more)
        if (std::ranges::find(files, file.path, &InputFile::path) == files.end()) files.push_back(file);
}

}  // namespace tokenyard
