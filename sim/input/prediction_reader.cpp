// SPDX-License-Identifier: Apache-2.0
#include "input/prediction_reader.hpp"

#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace tokenyard {
namespace {

// In the first, `layer` is the whole layer where one was simulated, and else dispatch and combine; since, that is `both`.
constexpr const char *first_schema = "tokenyard.prediction/1", *schema = "tokenyard.prediction/2";
constexpr std::size_t most_of_inputs = 64u << 20;  // bytes; those of 16,384 GPUs have less than one MB

/// Inputs by name. A name has all the keys that lead to its value, so a small file of long keys, deep down, has long names.
class NamedInputs {
public:
    void add(const YamlNode& at, std::string name, std::string text) {
        bytes_ += name.size() + text.size();
        if (bytes_ > most_of_inputs)
            throw InputError(at.at,
                             fmt::format("found inputs of more than {} bytes with their names; expected fewer", most_of_inputs));
        all_.push_back({std::move(name), std::move(text)});
    }
    std::vector<NamedText> all() && { return std::move(all_); }

private:
    std::vector<NamedText> all_;
    std::size_t bytes_ = 0;
};

const YamlNode& map_in(const YamlNode& node, std::string_view what) {
    if (node.kind != YamlNode::Kind::map) refuse(node, fmt::format("a map, {}", what));
    return node;
}

const YamlNode& required(const YamlNode& map, std::string_view key, std::string_view what) {
    const YamlEntry* entry = find(map, key);
    if (!entry) throw InputError(map.at, fmt::format("found no '{}' in {}; expected it", key, what));
    return *entry->value;
}

const std::vector<YamlPtr>& items_of(const YamlNode& node, std::string_view what) {
    if (node.kind != YamlNode::Kind::list) refuse(node, fmt::format("a list, {}", what));
    return node.items;
}

/// Finite and not below 0; with an exponent, as JSON may have it.
double amount(const YamlNode& node) {
    double value = 0;
    const char* last = node.text.data() + node.text.size();
    if (node.kind == YamlNode::Kind::scalar && !node.is_quoted)
        if (const auto [end, error] = std::from_chars(node.text.data(), last, value);
            error == std::errc{} && end == last && std::isfinite(value) && value >= 0)
            return value;
    refuse(node, "a number of at least 0");
}

Seconds time_in(const YamlNode& map, std::string_view key, std::string_view what) {
    return microseconds(amount(required(map, key, what)));
}

std::string listed(const YamlNode& list) {
    std::string text;
    for (const YamlPtr& item : list.items) text += (text.empty() ? "" : ", ") + item->text;
    return "[" + text + "]";
}

/// Every scalar below a node, and every list of scalars, with the keys that lead to it.
void flatten(const YamlNode& node, const std::string& name, NamedInputs& inputs) {
    const auto is_scalar = [](const YamlPtr& item) { return item->kind == YamlNode::Kind::scalar; };
    switch (node.kind) {
        case YamlNode::Kind::nothing: return;
        case YamlNode::Kind::scalar: inputs.add(node, name, node.text); return;
        case YamlNode::Kind::map:
            for (const YamlEntry& entry : node.entries) flatten(*entry.value, name + "." + entry.key, inputs);
            return;
        case YamlNode::Kind::list: break;
    }
    if (std::all_of(node.items.begin(), node.items.end(), is_scalar)) {
        inputs.add(node, name, listed(node));
        return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) flatten(*node.items[i], fmt::format("{}.{}", name, i), inputs);
}

/// What decides nothing: where numbers are from, and what a file says of itself.
bool is_talk(const std::string& key) { return key == "sources" || key == "description"; }

/// Keys in effect are kept as the lines of a YAML text.
void add_keys_in_effect(const YamlNode& lines, const std::string& part, const std::string& file, NamedInputs& inputs) {
    std::string text;
    for (const YamlPtr& line : items_of(lines, "lines of text")) text += line->text + "\n";
    const YamlPtr root = parse_yaml(source_of(fmt::format("{} (inputs.in_effect.{})", file, part), text));
    for (const YamlEntry& entry : map_in(*root, "keys in effect").entries)
        if (!is_talk(entry.key)) flatten(*entry.value, part + "." + entry.key, inputs);
}

std::vector<NamedText> inputs_of(const YamlNode& root, const std::string& file) {
    NamedInputs inputs;
    const YamlNode& given = map_in(required(root, "inputs", "the prediction"), "inputs");
    const YamlEntry* in_effect = find(given, "in_effect");
    for (const YamlEntry& entry : given.entries) {
        if (entry.key == "in_effect" || (in_effect && (entry.key == "overrides" || entry.key == "seed"))) continue;
        flatten(*entry.value, "inputs." + entry.key, inputs);
    }
    if (in_effect)
        for (const YamlEntry& part : map_in(*in_effect->value, "keys in effect by file").entries)
            add_keys_in_effect(*part.value, part.key, file, inputs);
    const YamlNode& model = map_in(required(root, "model", "the prediction"), "model");
    for (const char* key : {"cluster", "workload", "calibration", "parts", "ranks", "nodes", "algorithm", "engine",
                            "engine_version", "engine_accuracy"})
        if (const YamlEntry* entry = find(model, key)) flatten(*entry->value, fmt::format("model.{}", key), inputs);
    if (const YamlEntry* tool = find(root, "tool")) flatten(*tool->value, "tool", inputs);
    return std::move(inputs).all();
}

std::vector<SavedHolder> holders_in(const YamlNode& phase, const char* list, const char* name) {
    std::vector<SavedHolder> holders;
    for (const YamlPtr& item : items_of(required(phase, list, "the phase"), "what held the phase")) {
        const YamlNode& holder = map_in(*item, "what held the phase");
        holders.push_back({text_value(required(holder, name, list), name), amount(required(holder, "share", list))});
    }
    return holders;
}

SavedPhase phase_of(const YamlNode& node) {
    const YamlNode& phase = map_in(node, "a phase");
    return {name_value(required(phase, "name", "the phase"), "name"), time_in(phase, "completion_us", "the phase"),
            time_in(phase, "lower_bound_us", "the phase"), holders_in(phase, "bottlenecks", "resource"),
            holders_in(phase, "bottleneck_kinds", "kind")};
}

}  // namespace

SavedPrediction prediction_from(const SourceText& source, const std::string& file) {
    const YamlPtr read = parse_yaml(source);
    const YamlNode& root = map_in(*read, "a prediction that --json wrote");
    const YamlNode& written = required(root, "schema", "the prediction");
    const bool is_first = written.text == first_schema;
    if (!is_first && written.text != schema) refuse(written, fmt::format("{} or {}", first_schema, schema));
    SavedPrediction prediction;
    prediction.file = file;
    prediction.inputs = inputs_of(root, file);
    for (const YamlPtr& phase : items_of(required(root, "phases", "the prediction"), "phases"))
        prediction.phases.push_back(phase_of(*phase));
    if (is_first) {
        for (const SavedPhase& phase : prediction.phases) prediction.both += phase.completion;
        const YamlNode& layer = map_in(required(root, "layer", "the prediction"), "the layer");
        if (find(layer, "overlap")) prediction.layer = time_in(layer, "completion_us", "the layer");
        return prediction;
    }
    const YamlNode& both = map_in(required(root, "both", "the prediction"), "dispatch and combine");
    prediction.both = time_in(both, "completion_us", "both");
    if (const YamlEntry* layer = find(root, "layer"))
        prediction.layer = time_in(map_in(*layer->value, "the layer"), "completion_us", "the layer");
    return prediction;
}

}  // namespace tokenyard
