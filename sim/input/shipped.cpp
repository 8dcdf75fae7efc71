// SPDX-License-Identifier: Apache-2.0
#include "input/shipped.hpp"

#include "input/document.hpp"
#include "input/values.hpp"

#include <filesystem>

namespace tokenyard {
namespace {

constexpr std::size_t largest_shipped = 4 << 20;  // bytes, as of studies and records

}  // namespace

std::vector<PresetSummary> list_shipped(PresetKind kind) {
    std::vector<PresetSummary> summaries;
    for (const Preset& preset : presets(kind)) {
        const YamlPtr root = parse_yaml(read_source(preset.path, largest_shipped));
        if (root->kind != YamlNode::Kind::map) refuse(*root, "a map of keys such as name");
        const YamlEntry* description = find(*root, "description");
        const std::string text = description ? text_value(*description->value, "description") : "";
        summaries.push_back({preset.name, text.substr(0, text.find('\n'))});
    }
    return summaries;
}

std::optional<PresetKind> study_or_record(const std::string& name) {
    if (name == "-") return {};
    std::error_code failed;
    if (!std::filesystem::exists(name, failed)) {
        for (const PresetKind kind : {PresetKind::cluster, PresetKind::workload, PresetKind::study, PresetKind::record})
            for (const Preset& preset : presets(kind))
                if (preset.name == name)
                    return kind == PresetKind::study || kind == PresetKind::record ? std::optional(kind) : std::nullopt;
        return {};
    }
    try {
        const YamlPtr root = parse_yaml(read_source(name, largest_shipped));
        if (root->kind != YamlNode::Kind::map) return {};
        if (find(*root, "rows") && find(*root, "predict")) return PresetKind::record;
        if (find(*root, "cluster") && find(*root, "workload")) return PresetKind::study;
    } catch (const InputError&) {
        // Whoever reads it as what it is says what is wrong.
    }
    return {};
}

}  // namespace tokenyard
