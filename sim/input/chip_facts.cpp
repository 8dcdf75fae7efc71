// SPDX-License-Identifier: Apache-2.0
#include "input/chip_facts.hpp"

#include "input/node_reader.hpp"

#include <algorithm>
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

ClusterWithChips with_chips(const YamlPtr& cluster, const ReadDocument& read) {
    ClusterWithChips with{cluster, {}};
    if (const YamlPtr node = value_of(*cluster, "node", YamlNode::Kind::map))
        with.root = with_value(*cluster, "node", node_with_chip(node, read, with.chips));
    if (const YamlPtr groups = value_of(*cluster, "groups", YamlNode::Kind::list)) {
        YamlNode changed = *groups;
        for (YamlPtr& group : changed.items)
            if (const YamlPtr node = value_of(*group, "node", YamlNode::Kind::map))
                group = with_value(*group, "node", node_with_chip(node, read, with.chips));
        with.root = with_value(*with.root, "groups", std::make_shared<const YamlNode>(std::move(changed)));
    }
    return with;
}

void add_files(const std::vector<InputFile>& more, std::vector<InputFile>& files) {
    for (const InputFile& file : more)
        if (std::ranges::find(files, file.path, &InputFile::path) == files.end()) files.push_back(file);
}

}  // namespace tokenyard
