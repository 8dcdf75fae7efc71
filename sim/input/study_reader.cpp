// SPDX-License-Identifier: Apache-2.0
#include "input/study_reader.hpp"

#include "input/load.hpp"
#include "input/nearest.hpp"
#include "input/study_values.hpp"
#include "input/values.hpp"
#include "model/study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace tokenyard {
namespace {

constexpr std::size_t largest_study = 4 << 20;  // bytes
constexpr std::size_t most_values = 1'000'000;  // of one axis; as many as a study may have cases

/// The value, or each item of a list.
std::vector<YamlPtr> one_or_list(const YamlPtr& yaml, const std::string& what) {
    if (yaml->kind == YamlNode::Kind::list) return list_value(*yaml, what);
    return {yaml};
}

std::vector<StudyFile> study_files(const YamlPtr& yaml, PresetKind kind) {
    std::vector<StudyFile> files;
    for (const YamlPtr& item : one_or_list(yaml, fmt::format("{}s", name_of(kind)))) {
        const std::string file = file_or_preset(*item, kind);  // beside the study
        files.push_back({item->text, file});
        if (std::ranges::count(files, files.back().name, &StudyFile::name) > 1)
            refuse(*item, fmt::format("each {} once", name_of(kind)));
    }
    return files;
}

std::vector<std::string> algorithms_from(const YamlPtr& yaml, std::span<const std::string> known) {
    if (yaml->kind == YamlNode::Kind::scalar && yaml->text == "all") return {known.begin(), known.end()};
    std::vector<std::string> names;
    for (const YamlPtr& item : one_or_list(yaml, "algorithms")) {
        if (item->kind != YamlNode::Kind::scalar || std::ranges::find(known, item->text) == known.end())
            refuse(*item, fmt::format("one of: {}{}{}", fmt::join(known, ", "), item == yaml ? ", all" : "",
                                      did_you_mean(item->text, std::vector<std::string>(known.begin(), known.end()))));
        if (std::ranges::find(names, item->text) != names.end()) refuse(*item, "each algorithm once");
        names.push_back(item->text);
    }
    return names;
}

/// Keys of files, each named once in the whole study.
class Keys {
public:
    std::string take(const YamlEntry& entry) {
        const QualifiedKey key = qualified_key(entry.key, entry.at);
        const std::string path = fmt::format("{}.{}", name_of(key.kind), key.path);
        if (path == "workload.seed")
            throw InputError(entry.at, fmt::format("found {}; expected seeds beside sweep", in_quotes(entry.key)));
        if (std::ranges::find(seen_, path) != seen_.end())
            throw InputError(entry.at, fmt::format("found {} again; expected each key once in a study", in_quotes(entry.key)));
        seen_.push_back(path);
        return path;
    }

private:
    std::vector<std::string> seen_;
};

const std::vector<YamlEntry>& entries_of(const YamlNode& node, const std::string& what) {
    if (node.kind != YamlNode::Kind::map || node.entries.empty()) refuse(node, what);
    return node.entries;
}

/// In step with others a value, and its label, may come again.
std::vector<std::string> zip_labels(const YamlNode& list, std::size_t count) {
    std::vector<std::string> labels;
    for (const YamlPtr& item : list.items) labels.push_back(labelled_value(item).label);
    labels.resize(count);
    return labels;
}

/// Axes in step: the first row has the first value of each, and so on.
StudyAxis zipped_from(const YamlPtr& yaml, Keys& keys) {
    StudyAxis axis;
    for (const YamlEntry& entry : entries_of(*yaml, "a map of keys and their lists, all of one length")) {
        axis.keys.push_back(keys.take(entry));
        const bool is_list = entry.value->kind == YamlNode::Kind::list;  // in step with others a value may come again
        std::vector<std::string> values;
        if (is_list)
            for (const YamlPtr& item : list_value(*entry.value, "values")) values.push_back(as_flow(*labelled_value(item).value));
        else values = axis_values(entry.value, entry.key, most_values);
        if (axis.keys.size() == 1) axis.rows.resize(values.size());
        if (values.size() != axis.rows.size())
            throw InputError(entry.value->at,
                             fmt::format("found {} values of {} in zip; expected {}, as many as of the first key", values.size(),
                                         in_quotes(entry.key), axis.rows.size()));
        const std::vector<std::string> labels = zip_labels(*entry.value, values.size());
        axis.labels.resize(values.size());
        for (std::size_t row = 0; row < values.size(); ++row) {
            axis.rows[row].push_back(values[row]);
            axis.labels[row].push_back(labels[row]);
        }
    }
    std::set<std::vector<std::string>> seen;
    for (std::size_t row = 0; row < axis.rows.size(); ++row)
        if (!seen.insert(axis.rows[row]).second)
            throw InputError(yaml->at, fmt::format("found values {} of zip again; expected each combination once", row + 1));
    return axis;
}

std::vector<StudyAxis> axes_from(const YamlNode& sweep, Keys& keys) {
    std::vector<StudyAxis> axes;
    Refusals refusals;
    for (const YamlEntry& entry : entries_of(sweep, "a map of keys and their values"))
        refusals.attempt([&] {
            if (entry.key == "zip") {
                for (const YamlPtr& item : one_or_list(entry.value, "maps of lists")) axes.push_back(zipped_from(item, keys));
                return;
            }
            StudyAxis axis{{keys.take(entry)}, {}};
            for (std::string& value : axis_values(entry.value, entry.key, most_values)) axis.rows.push_back({std::move(value)});
            for (std::string& label : axis_labels(entry.value, axis.rows.size())) axis.labels.push_back({std::move(label)});
            axes.push_back(std::move(axis));
        });
    refusals.expect_none();
    return axes;
}

/// The axes of these keys are like seeds.
void mark_samples(const YamlPtr& yaml, std::vector<StudyAxis>& axes) {
    for (const YamlPtr& item : one_or_list(yaml, "keys")) {
        const QualifiedKey key = qualified_key(text_value(*item, "a key"), item->at);
        const std::string path = fmt::format("{}.{}", name_of(key.kind), key.path);
        const auto axis =
            std::ranges::find_if(axes, [&](const StudyAxis& each) { return std::ranges::count(each.keys, path) > 0; });
        if (axis == axes.end()) refuse(*item, "a key that sweep has");
        axis->is_sample = true;
    }
}

void read_engine(const StrictMap& map, Study& study) {
    const YamlPtr engine = map.optional("engine"), accuracy = map.optional("accuracy"), overlap = map.optional("overlap");
    study.engine = "fluid";
    if (engine) {
        word_value(*engine, {"fluid", "simgrid", "auto"});
        study.engine = engine->text;
    }
    if (accuracy) study.accuracy = accuracy_value(*accuracy);
    if (study.engine == "simgrid" && study.accuracy.value_or(0) > 0) refuse(*accuracy, "exact beside engine simgrid");
    if (!overlap) return;
    word_value(*overlap, {"none", "two-batch"});
    study.overlap = overlap->text;
}

/// `goal: {maximize: tokens_per_second_per_gpu}`, and what the best must keep to: a text, or several that must all hold.
void read_goal(const StrictMap& map, const StudyChecks& checks, Study& study) {
    const auto check = [&](const YamlNode& at, const std::function<std::string(const Study&)>& refusal_of) {
        if (const std::string refusal = refusal_of ? refusal_of(study) : ""; !refusal.empty()) throw InputError(at.at, refusal);
    };
    if (const YamlPtr goal = map.optional("goal")) {
        const StrictMap way(goal, "goal", {"maximize", "minimize"});
        const YamlPtr most = way.optional("maximize");
        if (most) way.refuse("minimize", "there is maximize");
        const YamlPtr output = most ? most : way.required("minimize");
        study.goal = StudyGoal{name_value(*output, "an output"), most != nullptr};
        check(*output, checks.goal);
    }
    if (const YamlPtr limits = map.optional("limits")) {
        for (const YamlPtr& item : one_or_list(limits, "conditions such as both_us < 300")) {
            const std::string before = study.limits;
            study.limits = name_value(*item, "a condition such as both_us < 300");
            check(*item, checks.limits);
            if (!before.empty()) study.limits = "(" + before + ") and (" + study.limits + ")";
        }
    }
}

}  // namespace

Study read_study(const std::string& file, std::span<const std::string> algorithms, const StudyChecks& checks) {
    const SourceText source = read_source(file, PresetKind::study, largest_study);
    Refusals refusals;
    const StrictMap map(parse_yaml(source), "the study",
                        {"name", "description", "cluster", "workload", "algorithm", "calibration", "engine", "accuracy",
                         "overlap", "set", "sweep", "samples", "seeds", "goal", "limits"},
                        &refusals);
    Study study;
    study.file = {file, sha256(source.text), source.path};
    study.directory = source.start.text->directory;
    read_required(map, "name", refusals, [&](const YamlNode& name) { study.name = name_value(name, "name"); });
    read_if_there(map, "description", refusals,
                  [&](const YamlNode& description) { study.description = text_value(description, "description"); });
    refusals.attempt([&] { study.clusters = study_files(map.required("cluster"), PresetKind::cluster); });
    refusals.attempt([&] { study.workloads = study_files(map.required("workload"), PresetKind::workload); });
    const YamlPtr calibration = map.optional("calibration"), algorithm = map.optional("algorithm");
    if (calibration) refusals.attempt([&] { study.calibrations = study_files(calibration, PresetKind::calibration); });
    else study.calibrations = {{"of the cluster", ""}};
    if (algorithm) refusals.attempt([&] { study.algorithms = algorithms_from(algorithm, algorithms); });
    else study.algorithms = {algorithms.front()};
    refusals.attempt([&] { read_engine(map, study); });
    Keys keys;
    if (const YamlPtr fixed = map.optional("set"))
        refusals.attempt([&] {
            for (const YamlEntry& entry : entries_of(*fixed, "a map of keys and their values"))
                refusals.attempt([&] { study.fixed.push_back({keys.take(entry), as_flow(*entry.value), study.directory}); });
        });
    const YamlPtr sweep = map.optional("sweep"), samples = map.optional("samples");
    const bool has_axes = !sweep || refusals.attempt([&] { study.axes = axes_from(*sweep, keys); });
    if (samples && has_axes) refusals.attempt([&] { mark_samples(samples, study.axes); });
    if (const YamlPtr seeds = map.optional("seeds")) refusals.attempt([&] { study.seeds = seeds_value(seeds, most_values); });
    refusals.expect_none();
    read_goal(map, checks, study);  // which is about the rest
    return study;
}

}  // namespace tokenyard
