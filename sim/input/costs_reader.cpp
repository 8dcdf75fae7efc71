// SPDX-License-Identifier: Apache-2.0
#include "input/costs_reader.hpp"

#include "input/node_reader.hpp"

#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace tokenyard {
namespace {

constexpr std::array<std::string_view, 4> title_keys{"name", "description", "base", "sources"};

double count_of(const YamlNode& node, const CostLimits& limits) {
    const long count = count_value(node, limits.least, limits.most);
    if (count % limits.step != 0) refuse(node, fmt::format("a multiple of {}", limits.step));
    return static_cast<double>(count);
}

double value_of(const YamlNode& node, const CostKey& key) {
    switch (key.kind) {
        case CostKind::delay: return time_value(node).si;
        case CostKind::rate: return bandwidth_value(node).si;
        case CostKind::size: return size_value(node, true).si;
        case CostKind::efficiency: return efficiency_value(node);
        case CostKind::count: return count_of(node, key.limits);
        case CostKind::choice: return word_value(node, key.limits.words);
    }
    return 0;
}

void read_group(const YamlPtr& yaml, std::string_view group, bool is_whole, Costs& costs) {
    std::vector<std::string_view> keys;
    for (const CostKey& key : cost_keys())
        if (key.group == group) keys.push_back(key.key());
    Refusals refusals;
    const StrictMap map(yaml, std::string(group), keys, &refusals);
    for (const CostKey& key : cost_keys()) {
        if (key.group != group) continue;
        refusals.attempt([&] {
            const YamlPtr value = is_whole && key.is_needed ? map.required(key.key()) : map.optional(key.key());
            if (value) key.set(costs, value_of(*value, key));
        });
    }
    refusals.expect_none();
}

}  // namespace

std::string file_stem(const std::string& file) {
    const std::filesystem::path path(file);
    return (path.extension() == ".yaml" ? path.stem() : path.filename()).string();
}

std::vector<std::string_view> cost_file_keys(PresetKind kind) {
    std::vector<std::string_view> keys(title_keys.begin(), title_keys.end());
    if (kind == PresetKind::library) keys.push_back("on");
    if (kind == PresetKind::chip) keys.push_back("gpu");
    if (kind == PresetKind::calibration) keys.insert(keys.end(), {"parts", "replaced_by"});
    for (const CostGroup& group : cost_groups()) keys.push_back(group.name);
    return keys;
}

Costs given_costs(const YamlPtr& root, PresetKind kind) {
    Refusals refusals;
    const StrictMap map(root, fmt::format("the {}", name_of(kind)), cost_file_keys(kind), &refusals);
    Costs costs;
    read_required(map, "name", refusals, [&](const YamlNode& name) { costs.name = name_value(name, "name"); });
    read_if_there(map, "description", refusals,
                  [&](const YamlNode& description) { costs.description = text_value(description, "description"); });
    read_if_there(map, "sources", refusals, [&](const YamlNode& sources) { costs.sources = texts_value(sources, sources_are); });
    if (const YamlPtr gpu = kind == PresetKind::chip ? map.optional("gpu") : nullptr)
        refusals.attempt([&] { check_gpu_facts(gpu); });
    refusals.attempt([&] { read_groups(root, false, costs); });
    refusals.expect_none();
    return costs;
}

void check_costs(const YamlPtr& root, PresetKind kind) {
    Refusals refusals;
    const StrictMap map(root, fmt::format("the {}", name_of(kind)), cost_file_keys(kind), &refusals);
    Costs costs;
    refusals.attempt([&] { read_groups(root, false, costs); });
    refusals.expect_none();
}

const YamlNode* cost_in(const YamlNode& root, const CostKey& key) {
    const YamlEntry* group = find(root, key.group);
    if (!group || group->value->kind != YamlNode::Kind::map) return nullptr;
    const YamlEntry* cost = find(*group->value, key.key());
    return cost ? cost->value.get() : nullptr;
}

std::vector<std::string> given_by(const YamlNode& root) {
    std::vector<std::string> files;
    for (const CostKey& key : cost_keys()) {
        const YamlNode* cost = cost_in(root, key);
        files.push_back(cost && cost->kind != YamlNode::Kind::nothing ? file_stem(cost->at.text->shown) : "");
    }
    return files;
}

bool came_later(std::string_view group) {
    constexpr std::array<std::string_view, 6> first{"nccl", "mpi", "two_level", "low_latency", "balanced", "compute"};
    return std::ranges::find(first, group) == first.end();
}

bool gives_all_needed(const YamlNode& root) {
    const std::vector<std::string> files = given_by(root);
    for (std::size_t i = 0; i < files.size(); ++i)
        if (const CostKey& key = cost_keys()[i]; key.is_needed && files[i].empty() && !came_later(key.group)) return false;
    return true;
}

void read_groups(const YamlPtr& root, bool is_whole, Costs& costs) {
    Refusals refusals;
    for (const CostGroup& group : cost_groups()) {
        const YamlEntry* entry = find(*root, group.name);
        if (entry && entry->value->kind != YamlNode::Kind::nothing)
            refusals.attempt([&] { read_group(entry->value, group.name, is_whole, costs); });
        else if (is_whole) throw InputError(root->at, fmt::format("found no '{}' among all parts; expected it", group.name));
    }
    refusals.expect_none();
}

}  // namespace tokenyard
