#include "input/load.hpp"

#include "input/cluster_reader.hpp"
#include "input/values.hpp"
#include "input/workload_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace tokenyard {
namespace {

constexpr std::size_t largest_yaml = 16 << 20;  // bytes; a hand-written file has thousands

bool has(const std::vector<std::string_view>& keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// A base is a file beside the text that names it, or a preset.
SourceText read_base(const YamlNode& mention, PresetKind kind) {
    const std::string name = text_value(mention, "base");
    for (const std::string& file : {name, name + ".yaml"}) {
        std::error_code failed;
        if (std::filesystem::exists(std::filesystem::path(mention.at.text->directory) / file, failed))
            return read_mentioned_source(file, mention.at, largest_yaml);
    }
    for (const Preset& preset : presets(kind))
        if (preset.name == name) {
            SourceText source = read_source(preset.path, kind, largest_yaml);
            source.start.text = std::make_shared<const TextName>(name, source.start.text->directory);
            return source;
        }
    refuse(mention, "a file beside this one, or the name of a preset");
}

}  // namespace

LoadedDocument load_document(const std::string& name, PresetKind kind) {
    LoadedDocument loaded;
    std::vector<YamlPtr> layers;
    std::vector<std::string> seen;
    SourceText source = read_source(name, kind, largest_yaml);
    for (;;) {
        loaded.files.push_back({source.start.text->shown, sha256(source.text)});
        std::error_code failed;
        seen.push_back(std::filesystem::weakly_canonical(source.path, failed).string());
        const YamlPtr layer = parse_yaml(source);
        if (layer->kind != YamlNode::Kind::map) refuse(*layer, "a map of keys such as name and sources");
        layers.push_back(layer);
        const YamlEntry* base = find(*layer, "base");
        if (!base) break;
        source = read_base(*base->value, kind);
        if (std::find(seen.begin(), seen.end(), std::filesystem::weakly_canonical(source.path, failed).string()) != seen.end())
            throw InputError(base->value->at,
                             fmt::format("found base '{}', which is based on this file; expected no circle", base->value->text));
    }
    loaded.root = layers.back();
    for (auto layer = layers.rbegin() + 1; layer != layers.rend(); ++layer) loaded.root = merge(loaded.root, *layer);
    YamlNode without_base = *loaded.root;
    std::erase_if(without_base.entries, [](const YamlEntry& entry) { return entry.key == "base"; });
    loaded.root = std::make_shared<YamlNode>(std::move(without_base));
    return loaded;
}

SortedOverrides sort_overrides(const std::vector<Override>& overrides) {
    SortedOverrides sorted;
    for (const Override& one : overrides) {
        const std::size_t dot = std::min(one.path.find('.'), one.path.size());
        const std::string first = one.path.substr(0, dot);
        const std::string rest = dot < one.path.size() ? one.path.substr(dot + 1) : "";
        const bool in_cluster = has(cluster_keys(), first), in_workload = has(workload_keys(), first);
        if (first == "cluster" && !rest.empty()) {
            sorted.cluster.push_back({rest, one.value});
        } else if (first == "workload" && !rest.empty()) {
            sorted.workload.push_back({rest, one.value});
        } else if (in_cluster != in_workload) {
            (in_cluster ? sorted.cluster : sorted.workload).push_back(one);
        } else {
            const Position at{std::make_shared<const TextName>("--set " + one.path, ".")};
            throw InputError(
                at,
                in_cluster
                    ? fmt::format("found '{}', which clusters and workloads both have; expected cluster.{} or workload.{}", first,
                                  one.path, one.path)
                    : fmt::format("found '{}', which neither clusters nor workloads have; expected one of their keys", first));
        }
    }
    return sorted;
}

YamlPtr with_overrides(YamlPtr root, const std::vector<Override>& overrides) {
    for (const Override& one : overrides) root = with_override(root, one.path, one.value);
    return root;
}

}  // namespace tokenyard
