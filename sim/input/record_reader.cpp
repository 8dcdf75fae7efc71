// SPDX-License-Identifier: Apache-2.0
#include "input/record_reader.hpp"

#include "input/case_files.hpp"
#include "input/foreign.hpp"
#include "input/nearest.hpp"
#include "input/parts.hpp"
#include "input/source.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <utility>

namespace tokenyard {
namespace {

constexpr std::size_t largest_record = 4 << 20;  // bytes

/// What is said once for all rows.
struct Common {
    std::string cluster, workload, algorithm;  // no workload: a pattern
    Pattern pattern;
    SoftwareChoice software;
    std::vector<Override> overrides;
    std::vector<std::pair<std::string, std::string>> columns;  // keys of a row, and the keys that they override
    std::vector<std::string_view> keys;                        // that a row may have
};

/// A file beside the record, or else a preset or a path from here.
std::string file_named(const YamlNode& node, std::string_view what) {
    const std::string name = name_value(node, what);
    for (const std::string& file : {name, name + ".yaml"}) {
        const std::filesystem::path beside = std::filesystem::path(node.at.text->directory) / file;
        std::error_code failed;
        if (std::filesystem::is_regular_file(beside, failed)) return beside.string();
    }
    return name;
}

/// A list of KEY=VALUE, as `--set` takes them.
std::vector<Override> overrides_from(const YamlPtr& node) {
    if (!node) return {};
    if (node->kind != YamlNode::Kind::list) refuse(*node, "a list of KEY=VALUE");
    std::vector<Override> overrides;
    for (const YamlPtr& item : node->items) {
        const std::string text = text_value(*item, "KEY=VALUE");
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) refuse(*item, "KEY=VALUE");
        overrides.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
    return overrides;
}

std::string algorithm_from(const YamlNode& node, const std::vector<std::string_view>& algorithms) {
    if (node.kind == YamlNode::Kind::scalar && std::ranges::find(algorithms, node.text) != algorithms.end()) return node.text;
    std::string names;
    for (const std::string_view name : algorithms) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    refuse(node, "one of: " + names + did_you_mean(node.text, algorithms));
}

ErrorLimit limit_from(const YamlPtr& node, const char* what) {
    if (!node) return {};
    const StrictMap map(node, what, {"median", "worst"});
    const auto percent = [&](const char* key) -> std::optional<double> {
        const YamlPtr value = map.optional(key);
        constexpr double most = 1000;
        if (value) return number_value(*value, 0, most, true) / 100;
        return {};
    };
    return {percent("median"), percent("worst")};
}

RowUse use_from(const StrictMap& map) {
    const RowUse use =
        std::array{RowUse::fit, RowUse::judged,
                   RowUse::odd}[static_cast<std::size_t>(word_value(*map.required("use"), {"fit", "judged", "odd"}))];
    if (use == RowUse::odd) map.required("why");
    else map.refuse("why", "only an odd row needs one");
    return use;
}

/// "ranks 8, size 1 MiB, nodes 2": all of a row but what was found.
std::string label_of(const YamlNode& row) {
    constexpr std::array<std::string_view, 5> found{"time", "fastest", "slowest", "use", "why"};
    std::string label;
    for (const YamlEntry& entry : row.entries) {
        if (std::ranges::find(found, entry.key) != found.end()) continue;
        if (!label.empty()) label += ", ";
        if (entry.value->kind != YamlNode::Kind::list) label += fmt::format("{} {}", entry.key, entry.value->text);
        else
            for (const YamlPtr& item : entry.value->items) label += (item == entry.value->items.front() ? "" : ", ") + item->text;
    }
    return label;
}

Case case_of(const StrictMap& row, const Common& common, CaseFiles& files, const CaseChange& change) {
    constexpr long most_ranks_of_row = 1 << 14;
    SoftwareChoice software = common.software;
    software.libraries.insert(software.libraries.begin(), change.libraries.begin(), change.libraries.end());
    std::vector<Override> overrides = common.overrides;
    for (const auto& [column, key] : common.columns)
        if (const YamlPtr value = row.optional(column)) overrides.push_back({key, text_value(*value, column)});
    const std::vector<Override> own = overrides_from(row.optional("set"));
    overrides.insert(overrides.end(), own.begin(), own.end());
    const YamlPtr ranks = row.optional("ranks");
    if (!common.workload.empty()) {
        row.refuse("size", "the workload says it; `set` can change it");
        if (ranks) overrides.push_back({"ranks", ranks->text});
        overrides.insert(overrides.end(), change.overrides.begin(), change.overrides.end());
        return files.read(common.cluster, common.workload, software, overrides);
    }
    overrides.insert(overrides.end(), change.overrides.begin(), change.overrides.end());
    Pattern pattern = common.pattern;
    if (ranks) pattern.ranks = static_cast<int>(count_value(*ranks, 2, most_ranks_of_row));
    pattern.size = size_value(*row.required("size"));
    return read_pattern_case(files, common.cluster, pattern, overrides, software);
}

RecordRow row_from(const YamlPtr& node, const std::shared_ptr<const Common>& shared, const std::shared_ptr<CaseFiles>& files) {
    const Common& common = *shared;
    const StrictMap map(node, "a row", common.keys);
    RecordRow row;
    row.line = node->at.line;
    row.column = node->at.column;
    const auto positive_time = [&](const YamlPtr& time) {
        const Seconds value = time_value(*time);
        if (value.si <= 0) refuse(*time, "a time above 0");
        return value;
    };
    row.measured = positive_time(map.required("time"));
    for (const char* key : {"fastest", "slowest"})
        if (const YamlPtr time = map.optional(key)) (key[0] == 'f' ? row.fastest : row.slowest) = positive_time(time);
    row.use = use_from(map);
    if (const YamlPtr why = map.optional("why")) row.why = text_value(*why, "why");
    row.label = label_of(*node);
    row.algorithm = common.algorithm;
    if (common.workload.empty()) map.refuse("phase", "a pattern has none");
    else row.phase = static_cast<RowPhase>(word_value(*map.required("phase"), {"dispatch", "combine", "both"}));
    row.read_again = [node, shared, files](const CaseChange& change) {
        return case_of(StrictMap(node, "a row", shared->keys), *shared, *files, change);
    };
    try {
        row.one = row.read_again({});
    } catch (const InputError& error) {
        const std::string what = error.on_one_line();
        if (what.starts_with(node->at.text->shown + ":")) throw;
        throw InputError(node->at, fmt::format("found a row of which this is wrong: {}", what));
    }
    return row;
}

void read_exchange(const YamlPtr& node, Common& common) {
    const std::string kind = kind_of(*node, "exchange", {"uniform", "ring", "moe"});
    if (kind == "moe") {
        const StrictMap map(node, "exchange", {"kind", "workload"});
        common.workload = file_named(*map.required("workload"), "workload");
    } else if (kind == "uniform") {
        const StrictMap map(node, "exchange", {"kind", "size"});
        common.pattern.kind = word_value(*map.required("size"), {"of-rank", "of-pair"}) == 0 ? Pattern::Kind::uniform_of_rank
                                                                                             : Pattern::Kind::uniform_of_pair;
    } else {
        const StrictMap map(node, "exchange", {"kind"});
        common.pattern.kind = Pattern::Kind::ring;
    }
}

void read_columns(const YamlPtr& node, Common& common) {
    common.keys = {"ranks", "size", "phase", "set", "time", "fastest", "slowest", "use", "why"};
    if (!node) return;
    if (node->kind != YamlNode::Kind::map) refuse(*node, "a map from keys of rows to keys that they override");
    for (const YamlEntry& entry : node->entries) {
        if (std::ranges::find(common.keys, entry.key) != common.keys.end())
            refuse(*entry.value, "a column with a name of its own");
        common.columns.emplace_back(entry.key, name_value(*entry.value, "columns"));
    }
    for (const auto& [column, key] : common.columns) common.keys.push_back(column);
}

Common common_from(const StrictMap& map, const std::vector<std::string_view>& algorithms, const SoftwareChoice& software) {
    const StrictMap predict(map.required("predict"), "predict",
                            {"cluster", "exchange", "algorithm", "libraries", "calibration", "set"});
    Common common;
    common.cluster = file_named(*predict.required("cluster"), "cluster");
    common.algorithm = algorithm_from(*predict.required("algorithm"), algorithms);
    if (const YamlPtr libraries = predict.optional("libraries"))
        for (const FileMention& mention : libraries_from(*libraries)) common.software.libraries.push_back(mention.file);
    common.software.libraries.insert(common.software.libraries.end(), software.libraries.begin(), software.libraries.end());
    const YamlPtr own = predict.optional("calibration");
    common.software.calibration = !software.calibration.empty() || !own ? software.calibration : file_named(*own, "calibration");
    common.overrides = overrides_from(predict.optional("set"));
    read_exchange(predict.required("exchange"), common);
    read_columns(map.optional("columns"), common);
    return common;
}

}  // namespace

/// What a record says of itself.
void read_title(const StrictMap& map, Refusals& refusals, Record& record) {
    const auto read_text = [&](std::string_view key, std::string& text) {
        read_required(map, key, refusals, [&](const YamlNode& value) { text = text_value(value, key); });
    };
    read_required(map, "name", refusals, [&](const YamlNode& name) { record.name = name_value(name, "name"); });
    read_text("description", record.description);
    read_required(map, "sources", refusals, [&](const YamlNode& sources) { record.sources = texts_value(sources, sources_are); });
    read_text("hardware", record.hardware);
    read_if_there(map, "software", refusals, [&](const YamlNode& used) { record.software = text_value(used, "software"); });
    read_text("counted", record.counted);
    read_text("compared", record.compared);
    read_if_there(map, "notes", refusals, [&](const YamlNode& notes) { record.notes = texts_value(notes, "notes"); });
    read_text("along", record.along);
    read_if_there(map, "bound", refusals, [&](const YamlNode& bound) {
        record.is_bandwidth_bound = word_value(bound, {"latency", "bandwidth"}) == 1;
    });
    if (const YamlPtr node = map.optional("limits"))
        refusals.attempt([&] {
            const StrictMap limits(node, "limits", {"latency", "bandwidth"});
            record.latency = limit_from(limits.optional("latency"), "limits.latency");
            record.bandwidth = limit_from(limits.optional("bandwidth"), "limits.bandwidth");
        });
}

Record read_record(const std::string& file, const std::vector<std::string_view>& algorithms, const ClusterCheck& check,
                   const SoftwareChoice& software, const OtherCluster& other) {
    const SourceText source = read_source(file, PresetKind::record, largest_record);
    refuse_foreign(source.text, source.start);
    return read_record_text(source, file, algorithms, check, software, other);
}

Record read_record_text(const SourceText& source, const std::string& file, const std::vector<std::string_view>& algorithms,
                        const ClusterCheck& check, const SoftwareChoice& software, const OtherCluster& other) {
    const YamlPtr root = parse_yaml(source);
    Refusals refusals;
    const StrictMap map(root, "the record",
                        {"name", "description", "sources", "hardware", "software", "counted", "compared", "notes", "predict",
                         "columns", "along", "bound", "limits", "rows"},
                        &refusals);
    Record record;
    record.file = {file, sha256(source.text), source.path};
    read_title(map, refusals, record);
    const auto common = std::make_shared<Common>();
    if (refusals.attempt([&] { *common = common_from(map, algorithms, software); })) {
        if (!other.cluster.empty()) common->cluster = other.cluster;
        common->overrides.insert(common->overrides.end(), other.overrides.begin(), other.overrides.end());
        const auto files = std::make_shared<CaseFiles>(check);
        refusals.attempt([&] {
            for (const YamlPtr& node : list_value(*map.required("rows"), "rows"))
                refusals.attempt([&] { record.rows.push_back(row_from(node, common, files)); });
        });
    }
    refusals.expect_none();
    return record;
}

std::vector<std::string> shipped_records() {
    std::vector<std::string> names;
    for (const Preset& preset : presets(PresetKind::record)) names.push_back(preset.name);
    if (names.empty())
        throw InputError({std::make_shared<const TextName>(TextName{"validate", "."})},
                         "found no records; expected validation/reference beside the program, or files to be named");
    return names;
}

}  // namespace tokenyard
