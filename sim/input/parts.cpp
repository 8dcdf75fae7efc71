// SPDX-License-Identifier: Apache-2.0
#include "input/parts.hpp"

#include "input/costs_reader.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

namespace tokenyard {
namespace {

constexpr const char* unnamed_part = "nominal";

/// A map in no file, for what only the command line says.
YamlNode empty_map() {
    return {YamlNode::Kind::map, {std::make_shared<const TextName>(TextName{"costs", "."})}, {}, false, {}, {}};
}

/// One file's say in every cost.
struct Layer {
    PresetKind kind;
    std::string name;
    YamlPtr root;                      // without what holds elsewhere only
    std::vector<std::string> lineage;  // its own name and those of what it is based on
};

bool gives_group(const Layer& layer, std::string_view group) {
    const YamlEntry* entry = find(*layer.root, group);
    return entry && entry->value->kind == YamlNode::Kind::map;
}

/// "h100_sxm" of a gb200, which is based on b200_sxm, which is based on it; `nominal` is the base of all and no family.
std::string family_of(const Layer& part) {
    std::string family = part.name;
    for (const std::string& base : part.lineage)
        if (base != unnamed_part) family = base;
    return family;
}

/// The part that all nodes name, where `of` finds it: they have one model of costs together.
template <class Of>
std::string part_of_nodes(const Cluster& cluster, PresetKind kind, const Of& of) {
    std::optional<std::string> part;
    for (const NodeGroup& group : cluster.groups) {
        const std::optional<FileMention> mention = of(group.node);
        const std::string file = mention ? mention->file : unnamed_part;
        if (part && *part != file)
            throw InputError({std::make_shared<const TextName>(TextName{cluster.name, "."})},
                             fmt::format("found nodes of {0} {1} and {0} {2}; expected one, or a calibration whose parts name it",
                                         name_of(kind), file_stem(*part), file_stem(file)));
        part = file;
    }
    return part.value_or(unnamed_part);
}

class Composer {
public:
    Composer(const Cluster& cluster, const ReadDocument& read) : read_(read) {
        chip_ = part_of_nodes(cluster, PresetKind::chip, [](const Node& node) { return node.gpu.chip; });
        nic_ =
            part_of_nodes(cluster, PresetKind::nic, [](const Node& node) { return node.nics ? node.nics->model : std::nullopt; });
        host_ = part_of_nodes(cluster, PresetKind::host, [](const Node& node) { return node.host; });
        libraries_ = cluster.libraries;
    }

    void name_libraries(const std::vector<FileMention>& more) { libraries_.insert(libraries_.end(), more.begin(), more.end()); }

    /// The calibration, which may name other parts; `name` is empty where only the command line says something. Pre: all
    /// libraries are named.
    void put_on_top(const YamlPtr& root, const std::string& name) {
        top_ = Layer{PresetKind::calibration, name, root, {}};
        out_.origins.calibration = name;
        if (name.empty()) check_costs(root, PresetKind::calibration);
        else out_.costs = given_costs(root, PresetKind::calibration);
        const YamlEntry* parts = find(*root, "parts");
        is_alone_ = parts ? parts->value->text == "none" : gives_all_needed(*root);
        if (parts && !is_alone_) name_parts(parts->value);
        if (const YamlEntry* replaced = find(*root, "replaced_by"))
            out_.origins.notes.push_back(fmt::format("calibration {} is replaced by {}", file_stem(replaced->at.text->shown),
                                                     text_value(*replaced->value, "replaced_by")));
    }

    /// Those that were asked for would be lost in silence.
    void note_lost_libraries() {
        if (is_alone_ || names_libraries_)
            out_.origins.notes.push_back(
                fmt::format("--library changes nothing, because {} says which libraries there are",
                            out_.origins.calibration.empty() ? "--set parts" : "calibration " + out_.origins.calibration));
    }

    ComposedCosts compose() {
        std::vector<Layer> below;
        if (!is_alone_) {
            below = parts_below();
            out_.origins.chip = below[0].name;
            out_.origins.chip_family = family_of(below[0]);
            out_.origins.nic = below[1].name;
            out_.origins.host = below[2].name;
            for (const FileMention& mention : libraries_) named_.push_back(library(mention.file, below));
        }
        YamlNode root = empty_map();
        out_.origins.of_costs.resize(cost_keys().size());
        out_.origins.of_groups.resize(cost_groups().size());
        for (const CostGroup& group : cost_groups()) {
            std::vector<Layer> layers;
            if (has_parts_below(group.name)) {
                if (below.empty()) below = parts_below();
                layers = below;
                layers.push_back(library_of(group, below));
                out_.origins.of_groups[static_cast<std::size_t>(&group - cost_groups().data())] = layers.back().name;
            }
            if (top_) layers.push_back(*top_);
            compose_group(group.name, layers, root);
        }
        expect_all_needed();
        Costs costs;
        read_groups(std::make_shared<YamlNode>(std::move(root)), true, costs);
        costs.name = out_.origins.calibration.empty() ? "parts" : out_.costs.name;
        costs.description = out_.costs.description;
        costs.sources = out_.costs.sources;
        for (const Layer& each : below) costs.sources.push_back(fmt::format("{} {}", name_of(each.kind), each.name));
        for (const std::string& name : out_.origins.libraries) costs.sources.push_back("library " + name);
        out_.costs = std::move(costs);
        return std::move(out_);
    }

private:
    std::vector<Layer> parts_below() {
        return {part(PresetKind::chip, chip_), part(PresetKind::nic, nic_), part(PresetKind::host, host_)};
    }

    /// A calibration that stands alone has a group that came later from the parts, unless its file gives some of it.
    bool has_parts_below(std::string_view group) const {
        if (!is_alone_) return true;
        if (!came_later(group) || find(*top_->root, "parts")) return false;
        return !gives_group(*top_, group) ||
               std::ranges::all_of(find(*top_->root, group)->value->entries,
                                   [](const YamlEntry& cost) { return cost.value->at.text->shown.starts_with("--set"); });
    }

    void name_parts(const YamlPtr& yaml) {
        const StrictMap map(yaml, "parts", {"chip", "nic", "host", "libraries"});
        if (const YamlPtr chip = map.optional("chip")) chip_ = file_or_preset(*chip, PresetKind::chip);
        if (const YamlPtr nic = map.optional("nic")) nic_ = file_or_preset(*nic, PresetKind::nic);
        if (const YamlPtr host = map.optional("host")) host_ = file_or_preset(*host, PresetKind::host);
        if (const YamlPtr libraries = map.optional("libraries")) {
            libraries_ = libraries_from(*libraries);
            names_libraries_ = true;
        }
    }

    Layer part(PresetKind kind, const std::string& file) {
        const LoadedDocument document = read_(file, kind);
        given_costs(document.root, kind);
        Layer layer{kind, file_stem(file), document.root, {}};
        for (const InputFile& each : document.files) {
            layer.lineage.push_back(file_stem(each.name));
            if (std::ranges::find(out_.parts, each.path, &InputFile::path) == out_.parts.end()) out_.parts.push_back(each);
        }
        return layer;
    }

    /// A library with what it says of these parts on top.
    Layer library(const std::string& file, const std::vector<Layer>& below) {
        Layer layer = part(PresetKind::library, file);
        if (std::ranges::none_of(cost_groups(), [&](const CostGroup& group) { return gives_group(layer, group.name); }))
            refuse(*layer.root, "a library that gives some group of costs, such as nccl");
        const YamlEntry* entries = find(*layer.root, "on");
        if (!entries || entries->value->kind == YamlNode::Kind::nothing) return layer;
        for (const YamlPtr& entry : list_value(*entries->value, "maps with chip, nic or host, and costs")) {
            std::vector<std::string_view> keys{"chip", "nic", "host"};
            for (const CostGroup& group : cost_groups()) keys.push_back(group.name);
            const StrictMap map(entry, "on", keys);
            check_entry(entry);
            bool holds = true, is_bound = false;
            for (const Layer& each : below)
                if (const YamlPtr names = map.optional(name_of(each.kind))) {
                    is_bound = true;
                    holds = holds && names_one_of(*names, each.lineage);
                }
            if (!is_bound) refuse(*entry, "chip, nic or host, which say where it holds");
            if (!holds) continue;
            YamlNode costs = *entry;
            std::erase_if(costs.entries,
                          [](const YamlEntry& each) { return each.key == "chip" || each.key == "nic" || each.key == "host"; });
            layer.root = merge(layer.root, std::make_shared<YamlNode>(std::move(costs)));
        }
        return layer;
    }

    /// What is under `on` must be right even where it does not hold.
    static void check_entry(const YamlPtr& entry) {
        Costs unused;
        read_groups(entry, false, unused);
    }

    static bool names_one_of(const YamlNode& names, const std::vector<std::string>& lineage) {
        const auto is_named = [&](const YamlNode& name) {
            return std::ranges::find(lineage, name_value(name, "a part")) != lineage.end();
        };
        if (names.kind != YamlNode::Kind::list) return is_named(names);
        return std::ranges::any_of(names.items, [&](const YamlPtr& name) { return is_named(*name); });
    }

    Layer library_of(const CostGroup& group, const std::vector<Layer>& below) {
        const auto named = std::ranges::find_if(named_.rbegin(), named_.rend(),
                                                [&](const Layer& layer) { return gives_group(layer, group.name); });
        Layer layer = named != named_.rend() ? *named : library(std::string(group.library), below);
        std::vector<std::string>& names = out_.origins.libraries;
        if (std::ranges::find(names, layer.name) == names.end()) names.push_back(layer.name);
        return layer;
    }

    void compose_group(std::string_view group, const std::vector<Layer>& layers, YamlNode& root) {
        YamlPtr node;
        for (const Layer& layer : layers)
            if (gives_group(layer, group)) {
                const YamlPtr& own = find(*layer.root, group)->value;
                node = node ? merge(node, own) : own;
            }
        if (node) root.entries.push_back({std::string(group), node->at, node});
        for (std::size_t i = 0; i < cost_keys().size(); ++i)
            if (const CostKey& key = cost_keys()[i]; key.group == group) out_.origins.of_costs[i] = origin_of(key, layers);
    }

    /// No part need give every cost, but together they must.
    void expect_all_needed() const {
        for (std::size_t i = 0; i < cost_keys().size(); ++i)
            if (cost_keys()[i].is_needed && out_.origins.of_costs[i].empty())
                throw InputError(top_ ? top_->root->at : empty_map().at,
                                 fmt::format("found no {} in {}; expected it, as parts have it that are based on nominal",
                                             cost_keys()[i].name, in_words(out_.origins)));
    }

    static std::string origin_of(const CostKey& key, const std::vector<Layer>& layers) {
        for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
            const YamlNode* cost = cost_in(*layer->root, key);
            if (!cost) continue;
            if (cost->kind == YamlNode::Kind::nothing) return {};
            const std::string& shown = cost->at.text->shown;
            if (shown.starts_with("--set")) return shown;
            const std::string file = file_stem(shown);
            return fmt::format("{} {}{}", name_of(layer->kind), layer->name, file == layer->name ? "" : " (" + file + ")");
        }
        return {};
    }

    const ReadDocument& read_;
    std::string chip_, nic_, host_;
    std::vector<FileMention> libraries_;
    std::vector<Layer> named_;
    std::optional<Layer> top_;
    bool is_alone_ = false, names_libraries_ = false;  // as the calibration says
    ComposedCosts out_;
};

}  // namespace

std::vector<FileMention> libraries_from(const YamlNode& node) {
    std::vector<FileMention> libraries;
    const auto add = [&](const YamlNode& mention) {
        libraries.push_back({mention.text, file_or_preset(mention, PresetKind::library)});
    };
    if (node.kind != YamlNode::Kind::list) add(node);
    else
        for (const YamlPtr& mention : node.items) add(*mention);  // none: those of the table of costs
    return libraries;
}

ComposedCosts compose_costs(const Cluster& cluster, const std::vector<FileMention>& of_workload, const SoftwareChoice& asked,
                            const std::vector<Override>& overrides, const ReadDocument& read) {
    Composer composer(cluster, read);
    composer.name_libraries(of_workload);
    for (const std::string& name : asked.libraries) composer.name_libraries({{name, name}});
    const std::string file = !asked.calibration.empty() ? asked.calibration
                             : cluster.calibration      ? cluster.calibration->file
                                                        : "";
    LoadedDocument calibration;
    if (!file.empty()) calibration = read(file, PresetKind::calibration);
    YamlPtr root = calibration.root;
    if (!overrides.empty()) root = with_overrides(root ? root : std::make_shared<YamlNode>(empty_map()), overrides);
    if (root) composer.put_on_top(root, file.empty() ? "" : file_stem(file));
    if (!asked.libraries.empty()) composer.note_lost_libraries();
    ComposedCosts composed = composer.compose();
    composed.calibration = calibration.files;
    return composed;
}

}  // namespace tokenyard
