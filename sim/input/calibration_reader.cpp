#include "input/calibration_reader.hpp"

#include "input/values.hpp"

#include <fmt/format.h>

#include <array>

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

void read_group(const YamlPtr& yaml, std::string_view group, Costs& costs) {
    std::vector<std::string_view> keys;
    for (const CostKey& key : cost_keys())
        if (key.group == group) keys.push_back(key.key());
    const StrictMap map(yaml, std::string(group), keys);
    for (const CostKey& key : cost_keys()) {
        if (key.group != group) continue;
        const YamlPtr value = key.is_needed ? map.required(key.key()) : map.optional(key.key());
        if (value) key.set(costs, value_of(*value, key));
    }
}

}  // namespace

std::vector<std::string_view> calibration_keys() {
    std::vector<std::string_view> keys(title_keys.begin(), title_keys.end());
    keys.insert(keys.end(), cost_groups().begin(), cost_groups().end());
    return keys;
}

Costs costs_from(const YamlPtr& root) {
    const StrictMap map(root, "the calibration", calibration_keys());
    Costs costs;
    costs.name = name_value(*map.required("name"), "name");
    if (const YamlPtr description = map.optional("description")) costs.description = text_value(*description, "description");
    costs.sources = texts_value(*map.required("sources"), "texts that say where the numbers come from");
    for (const std::string_view group : cost_groups()) read_group(map.required(group), group, costs);
    return costs;
}

}  // namespace tokenyard
