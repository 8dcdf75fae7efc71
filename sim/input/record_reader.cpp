#include "input/record_reader.hpp"

#include "input/source.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tokenyard {
namespace {

constexpr std::size_t largest_record = 4 << 20;  // bytes

/// What nccl-tests and the OSU benchmarks call the size of an all-to-all.
enum class Traffic { nccl_tests, osu, workload };

/// What is said once for all rows.
struct Common {
    std::string cluster, workload, calibration, algorithm;
    Traffic traffic = Traffic::workload;
    YamlPtr phase;
    std::vector<Override> overrides;
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

std::vector<Override> overrides_from(const YamlPtr& node) {
    if (!node) return {};
    if (node->kind != YamlNode::Kind::map) refuse(*node, "a map of keys to override");
    std::vector<Override> overrides;
    for (const YamlEntry& entry : node->entries) {
        if (entry.value->kind != YamlNode::Kind::scalar) refuse(*entry.value, "one value");
        overrides.push_back({entry.key, entry.value->text});
    }
    return overrides;
}

std::string algorithm_from(const YamlNode& node, const std::vector<std::string_view>& algorithms) {
    if (node.kind == YamlNode::Kind::scalar && std::ranges::find(algorithms, node.text) != algorithms.end()) return node.text;
    std::string names;
    for (const std::string_view name : algorithms) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    refuse(node, "one of: " + names);
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

/// The bytes that each rank sends to each.
Bytes volume_of_pair(const YamlNode& size, Traffic traffic, int ranks) {
    const Bytes given = size_value(size);
    if (traffic == Traffic::osu) return given;
    const double each = std::floor(in_bytes(given) / ranks);
    if (each < 1) refuse(size, fmt::format("at least a byte for each of {} ranks", ranks));
    return Bytes{each};
}

RowUse use_from(const StrictMap& map) {
    const RowUse use =
        std::array{RowUse::fit, RowUse::judged,
                   RowUse::odd}[static_cast<std::size_t>(word_value(*map.required("use"), {"fit", "judged", "odd"}))];
    if (use == RowUse::odd) map.required("reason");
    else map.refuse("reason", "only an odd row needs one");
    return use;
}

/// "ranks 8, size 1 MiB, nodes 2": all of a row but what was found.
std::string label_of(const YamlNode& row) {
    std::string label;
    const auto add = [&](const std::string& key, const std::string& value) {
        label += fmt::format("{}{} {}", label.empty() ? "" : ", ", key, value);
    };
    for (const YamlEntry& entry : row.entries) {
        if (entry.key == "time" || entry.key == "use" || entry.key == "reason") continue;
        if (entry.value->kind != YamlNode::Kind::map) add(entry.key, entry.value->text);
        else
            for (const YamlEntry& inner : entry.value->entries) add(inner.key, inner.value->text);
    }
    return label;
}

Case case_of(const StrictMap& row, const Common& common, const ClusterCheck& check) {
    std::vector<Override> overrides = common.overrides;
    const std::vector<Override> own = overrides_from(row.optional("set"));
    overrides.insert(overrides.end(), own.begin(), own.end());
    if (common.traffic == Traffic::workload) {
        for (const char* key : {"size", "ranks"}) row.refuse(key, "the workload says it; `set` can change it");
        return read_case(common.cluster, common.workload, overrides, check, common.calibration);
    }
    constexpr long most_ranks = 1 << 14;
    const int ranks = static_cast<int>(count_value(*row.required("ranks"), 2, most_ranks));
    const Bytes volume = volume_of_pair(*row.required("size"), common.traffic, ranks);
    return read_uniform_case(common.cluster, ranks, volume, overrides, check, common.calibration);
}

RecordRow row_from(const YamlPtr& node, const Common& common, const std::vector<std::string_view>& algorithms,
                   const ClusterCheck& check) {
    const StrictMap map(node, "a row", {"ranks", "size", "set", "phase", "algorithm", "time", "use", "reason"});
    RecordRow row;
    row.line = node->at.line;
    row.column = node->at.column;
    row.measured = time_value(*map.required("time"));
    if (row.measured.si <= 0) refuse(*map.required("time"), "a time above 0");
    row.use = use_from(map);
    if (const YamlPtr reason = map.optional("reason")) row.reason = text_value(*reason, "reason");
    row.label = label_of(*node);
    row.algorithm = common.algorithm;
    if (const YamlPtr algorithm = map.optional("algorithm")) row.algorithm = algorithm_from(*algorithm, algorithms);
    const YamlPtr phase = map.optional("phase") ? map.optional("phase") : common.phase;
    if (common.traffic != Traffic::workload) map.refuse("phase", "a uniform exchange has none");
    else if (!phase) map.required("phase");
    row.is_combine = phase && word_value(*phase, {"dispatch", "combine"}) == 1;
    try {
        row.one = case_of(map, common, check);
    } catch (const InputError& error) {
        const std::string_view what = error.what();
        if (what.starts_with(node->at.text->shown + ":")) throw;
        throw InputError(node->at, fmt::format("found a row of which this is wrong: {}", what));
    }
    return row;
}

}  // namespace

Record read_record(const std::string& file, const std::vector<std::string_view>& algorithms, const ClusterCheck& check,
                   const std::string& calibration) {
    const SourceText source = read_source(file, PresetKind::record, largest_record);
    const YamlPtr root = parse_yaml(source);
    const StrictMap map(root, "the record",
                        {"name", "description", "source", "hardware", "counts", "cluster", "traffic", "workload", "phase",
                         "algorithm", "calibration", "set", "limits", "rows"});
    const auto text = [&](const char* key) { return text_value(*map.required(key), key); };
    Record record{{file, sha256(source.text), source.path},
                  text("name"),
                  text("description"),
                  text("source"),
                  text("hardware"),
                  text("counts"),
                  {},
                  {},
                  {}};
    if (const YamlPtr node = map.optional("limits")) {
        const StrictMap limits(node, "limits", {"latency", "bandwidth"});
        record.latency = limit_from(limits.optional("latency"), "limits.latency");
        record.bandwidth = limit_from(limits.optional("bandwidth"), "limits.bandwidth");
    }
    Common common;
    common.cluster = file_named(*map.required("cluster"), "cluster");
    common.algorithm = algorithm_from(*map.required("algorithm"), algorithms);
    common.calibration = calibration.empty() ? file_named(*map.required("calibration"), "calibration") : calibration;
    common.traffic = std::array{
        Traffic::nccl_tests, Traffic::osu,
        Traffic::workload}[static_cast<std::size_t>(word_value(*map.required("traffic"), {"nccl-tests", "osu", "workload"}))];
    if (common.traffic == Traffic::workload) {
        common.workload = file_named(*map.required("workload"), "workload");
        common.phase = map.optional("phase");
    } else {
        for (const char* key : {"workload", "phase"}) map.refuse(key, "a uniform exchange has none");
    }
    common.overrides = overrides_from(map.optional("set"));
    for (const YamlPtr& node : list_value(*map.required("rows"), "rows"))
        record.rows.push_back(row_from(node, common, algorithms, check));
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
