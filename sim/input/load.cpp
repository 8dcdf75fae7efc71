// SPDX-License-Identifier: Apache-2.0
#include "input/load.hpp"

#include "input/cluster_reader.hpp"
#include "input/costs_reader.hpp"
#include "input/foreign.hpp"
#include "input/nearest.hpp"
#include "input/values.hpp"
#include "input/workload_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>
#include <sstream>

namespace tokenyard {
namespace {

constexpr std::size_t largest_yaml = 4 << 20;  // bytes; a list with an entry for each of 65,536 ranks has 1 MB
constexpr std::size_t most_steps = 64;         // of an override's path

bool has(std::span<const std::string_view> keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string beside(const YamlNode& mention, const std::string& file) {
    return (std::filesystem::path(mention.at.text->directory) / file).lexically_normal().string();
}

/// The file with a mentioned name, with or without .yaml, beside the text that mentions it.
std::optional<std::string> file_beside(const YamlNode& mention, const std::string& name) {
    for (const std::string& file : {name, name + ".yaml"}) {
        std::error_code failed;
        const std::filesystem::file_status status = std::filesystem::status(beside(mention, file), failed);
        if (exists(status) && !is_directory(status)) return file;
    }
    return {};
}

std::string preset_meant(const std::string& name, const std::vector<Preset>& known) {
    std::vector<std::string> names;
    for (const Preset& preset : known) names.push_back(preset.name);
    return did_you_mean(name, names);
}

/// A base is a file beside the text that names it, or a preset.
SourceText read_base(const YamlNode& mention, PresetKind kind) {
    const std::string name = name_value(mention, "base");
    if (const std::optional<std::string> file = file_beside(mention, name))
        return read_mentioned_source(*file, mention.at, largest_yaml);
    std::vector<Preset> known = presets(kind);
    if (std::ranges::count(part_kinds, kind) == 0)
        for (const PresetKind other : preset_kinds)  // a base of another kind is refused later, for its keys
            if (other != kind) std::ranges::copy(presets(other), std::back_inserter(known));
    for (const Preset& preset : known)
        if (preset.name == name) {
            SourceText source = read_source(preset.path, kind, largest_yaml);
            source.start.text = std::make_shared<const TextName>(TextName{name, source.start.text->directory});
            return source;
        }
    refuse(mention, "a file beside this one, or the name of a preset" + preset_meant(name, known));
}

/// A file and all that it builds on, each once, and behind what it builds on itself.
class Layers {
public:
    explicit Layers(PresetKind kind) : kind_(kind) {}

    void add(const SourceText& source, const std::string& given) {
        files.push_back({given == "-" ? source.start.text->shown : given, sha256(source.text), source.path});
        refuse_foreign(source.text, source.start);
        const YamlPtr layer = parse_yaml(source);
        if (layer->kind != YamlNode::Kind::map) refuse(*layer, "a map of keys such as name and sources");
        open_.push_back(identity(source));
        if (const YamlEntry* base = find(*layer, "base")) add_bases(base->value);
        done_.push_back(open_.back());
        open_.pop_back();
        root = root ? merge(root, layer) : layer;
    }

    YamlPtr root;
    std::vector<InputFile> files;  // as they were come upon

private:
    void add_bases(const YamlPtr& mentions) {
        if (mentions->kind != YamlNode::Kind::list) return add_base(*mentions);
        for (const YamlPtr& mention : list_value(*mentions, "files beside this one, or names of presets")) add_base(*mention);
    }

    void add_base(const YamlNode& mention) {
        const SourceText source = read_base(mention, kind_);
        if (std::ranges::count(open_, identity(source)) > 0)
            throw InputError(mention.at, fmt::format("found base {}, which is based on this file; expected no circle",
                                                     in_quotes(mention.text)));
        if (std::ranges::count(done_, identity(source)) == 0) add(source, mention.text);
    }

    static std::string identity(const SourceText& source) {
        std::error_code failed;
        return std::filesystem::weakly_canonical(source.path, failed).string();
    }

    PresetKind kind_;
    std::vector<std::string> open_, done_;  // files whose bases are being read, and those that are read
};

std::vector<std::string_view> keys_of(PresetKind kind) {
    const auto all_of = [](std::span<const std::string_view> keys) {
        return std::vector<std::string_view>(keys.begin(), keys.end());
    };
    switch (kind) {
        case PresetKind::cluster: return all_of(cluster_keys());
        case PresetKind::workload: return all_of(workload_keys());
        case PresetKind::record:
        case PresetKind::study: return {};  // are no documents with bases and overrides
        default: return cost_file_keys(kind);
    }
    return {};
}

std::optional<PresetKind> kind_named(std::string_view name) {
    for (const PresetKind kind : preset_kinds)
        if (name == name_of(kind)) return kind;
    return {};
}

/// For a key that no kind of file has.
std::string key_meant(const std::string& key) {
    std::vector<std::string_view> known;
    for (const PresetKind kind : preset_kinds) std::ranges::copy(keys_of(kind), std::back_inserter(known));
    std::ranges::sort(known);
    known.erase(std::unique(known.begin(), known.end()), known.end());
    return did_you_mean(key, known);
}

std::vector<std::string> split_path(const Position& at, const std::string& path) {
    std::vector<std::string> steps;
    std::istringstream stream(path);
    for (std::string step; std::getline(stream, step, '.');) steps.push_back(step);
    if (steps.empty() || path.back() == '.' || std::find(steps.begin(), steps.end(), "") != steps.end())
        throw InputError(at, fmt::format("found {}; expected keys joined by dots, such as node.nics.bandwidth", in_quotes(path)));
    if (steps.size() > most_steps)
        throw InputError(at, fmt::format("found {} keys; expected at most {}", steps.size(), most_steps));
    return steps;
}

/// "a, b and c"
std::string in_words(const std::vector<std::string>& texts, std::string_view last) {
    std::string out;
    for (std::size_t i = 0; i < texts.size(); ++i)
        out += (i == 0 ? "" : i + 1 < texts.size() ? ", " : fmt::format(" {} ", last)) + texts[i];
    return out;
}

auto entry_of(YamlNode& map, std::string_view key) { return std::ranges::find(map.entries, key, &YamlEntry::key); }

YamlPtr set_at(const YamlPtr& here, std::span<const std::string> steps, const YamlPtr& value, const Position& at) {
    if (steps.empty()) return here ? merge(here, value) : value;
    const std::string& step = steps.front();
    if (here && here->kind == YamlNode::Kind::list) {
        const bool is_index = !step.empty() && step.size() < 7 && step.find_first_not_of("0123456789") == std::string::npos;
        const std::size_t index = is_index ? std::stoul(step) : here->items.size() + 1;
        const bool is_new = index == here->items.size() && steps.size() == 1;
        if (index >= here->items.size() && !is_new)
            throw InputError(
                at, fmt::format("found {} in a list of {}; expected an index below that", in_quotes(step), here->items.size()));
        YamlNode copy = *here;
        if (is_new) copy.items.emplace_back();
        copy.items[index] = set_at(copy.items[index], steps.subspan(1), value, at);
        return std::make_shared<YamlNode>(std::move(copy));
    }
    if (here && here->kind == YamlNode::Kind::scalar)
        throw InputError(at, fmt::format("found {} before {}; expected a map or a list there", describe(*here), in_quotes(step)));
    YamlNode copy = here ? *here : YamlNode{};
    if (copy.kind != YamlNode::Kind::map) copy = YamlNode{YamlNode::Kind::map, at, {}, false, {}, {}};
    const auto old = entry_of(copy, step);
    const YamlPtr inner = set_at(old == copy.entries.end() ? nullptr : old->value, steps.subspan(1), value, at);
    if (old == copy.entries.end()) {
        copy.entries.push_back({step, at, inner});
    } else if (inner->kind == YamlNode::Kind::nothing) {
        copy.entries.erase(old);
    } else {
        old->value = inner;
    }
    return std::make_shared<YamlNode>(std::move(copy));
}

}  // namespace

LoadedDocument load_document(const std::string& name, PresetKind kind) {
    Layers layers(kind);
    layers.add(read_source(name, kind, largest_yaml), name);
    YamlNode without_base = *layers.root;
    std::erase_if(without_base.entries, [](const YamlEntry& entry) { return entry.key == "base"; });
    return {std::make_shared<YamlNode>(std::move(without_base)), std::move(layers.files)};
}

std::string file_or_preset(const YamlNode& mention, PresetKind kind) {
    const std::string name = name_value(mention, fmt::format("a {}", name_of(kind)));
    const std::vector<Preset> known = presets(kind);
    const bool is_preset = std::ranges::find(known, name, &Preset::name) != known.end();
    if (is_preset && std::ranges::count(part_kinds, kind) > 0) return name;  // a cluster beside it may be called nccl_2_29 too
    if (const std::optional<std::string> file = file_beside(mention, name)) return beside(mention, *file);
    if (is_preset) return name;
    refuse(mention,
           fmt::format("a file beside this one, or the name of a preset of a {}{}", name_of(kind), preset_meant(name, known)));
}

YamlPtr merge(const YamlPtr& base, const YamlPtr& over) {
    if (base->kind != YamlNode::Kind::map || over->kind != YamlNode::Kind::map) return over;
    const YamlEntry *base_kind = find(*base, "kind"), *over_kind = find(*over, "kind");
    if (base_kind && over_kind && base_kind->value->text != over_kind->value->text) return over;
    YamlNode merged = *base;
    merged.at = over->at;
    for (const YamlEntry& entry : over->entries) {
        const auto old = entry_of(merged, entry.key);
        if (old == merged.entries.end()) {
            merged.entries.push_back(entry);  // `~` too: it counts as absent, but its key must be one that is known
        } else if (entry.value->kind == YamlNode::Kind::nothing) {
            merged.entries.erase(old);
        } else {
            *old = {entry.key, entry.at, merge(old->value, entry.value)};
        }
    }
    return std::make_shared<YamlNode>(std::move(merged));
}

YamlPtr with_override(const YamlPtr& root, const Override& one) {
    SourceText source = source_of("--set " + one.path, one.value);
    source.start.text = std::make_shared<const TextName>(TextName{"--set " + one.path, one.directory});
    const std::vector<std::string> steps = split_path(source.start, one.path);
    if (one.value.find_first_not_of(" \t\r\n") == std::string::npos)
        throw InputError(source.start, "found no value; expected one, or ~ for none");
    return set_at(root, steps, parse_yaml(source), source.start);
}

QualifiedKey qualified_key(const std::string& path, const Position& at) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string first = path.substr(0, dot);
    const std::string rest = dot < path.size() ? path.substr(dot + 1) : "";
    if (first == "base" || (rest == "base" && kind_named(first)))
        throw InputError(at, "found 'base'; expected another key, because only a file can be based on one");
    if (const std::optional<PresetKind> kind = kind_named(first); kind && !rest.empty()) return {*kind, rest};
    std::vector<PresetKind> having;
    for (const PresetKind kind : preset_kinds)
        if (has(keys_of(kind), first)) having.push_back(kind);
    if (having.empty())
        throw InputError(at, fmt::format("found {}, which no cluster, workload or calibration has; expected one of their keys{}",
                                         in_quotes(first), key_meant(first)));
    if (having.size() > 1) {
        std::vector<std::string> kinds, qualified;
        for (const PresetKind kind : having) {
            kinds.push_back(fmt::format("{}s", name_of(kind)));
            qualified.push_back(fmt::format("{}.{}", name_of(kind), path));
        }
        throw InputError(
            at, fmt::format("found '{}', which {} have; expected {}", first, in_words(kinds, "and"), in_words(qualified, "or")));
    }
    return {having.front(), path};
}

SortedOverrides sort_overrides(const std::vector<Override>& overrides) {
    SortedOverrides sorted;
    for (const Override& one : overrides) {
        const QualifiedKey key = qualified_key(one.path, {std::make_shared<const TextName>(TextName{"--set " + one.path, "."})});
        sorted.of(key.kind).push_back({key.path, one.value, one.directory});
    }
    return sorted;
}

YamlPtr with_overrides(YamlPtr root, const std::vector<Override>& overrides) {
    for (const Override& one : overrides) root = with_override(root, one);
    return root;
}

}  // namespace tokenyard
