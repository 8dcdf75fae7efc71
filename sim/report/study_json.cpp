// SPDX-License-Identifier: Apache-2.0
#include "report/study_json.hpp"

#include "report/study_report.hpp"
#include "report/version.hpp"

namespace tokenyard {
namespace {

StudyJson input_files(const std::vector<InputFile>& files) {
    StudyJson json = StudyJson::array();
    for (const InputFile& file : files) json.push_back({{"file", file.name}, {"sha256", file.sha256}});
    return json;
}

/// What decides a case, but its seed.
StudyJson inputs_of(const StudyCase& one) {
    StudyJson set = StudyJson::object();
    for (const Override& each : one.overrides) set[each.path] = each.value;
    return {{"cluster", one.cluster.name},
            {"workload", one.workload.name},
            {"calibration", one.calibration.name},
            {"algorithm", one.algorithm},
            {"set", set}};
}

StudyJson row_as_json(const StudyRow& row, const std::vector<OutputColumn>& outputs) {
    StudyJson json{{"case", row.inputs.number}};
    json.update(inputs_of(row.inputs));
    json["seed"] = row.inputs.seed ? StudyJson(*row.inputs.seed) : StudyJson(nullptr);
    json["status"] = name_of(row.outcome.status);
    json["error"] = row.outcome.error.empty() ? StudyJson(nullptr) : StudyJson(row.outcome.error);
    for (std::size_t place = 0; place < row.outcome.outputs.size(); ++place)
        json[outputs[place].name] = cell_as_json(row.outcome.outputs[place]);
    return json;
}

StudyJson group_as_json(const StudyGroup& group) {
    StudyJson json = inputs_of(group.inputs);
    json["done"] = group.done;
    json["refused"] = group.refused;
    json["failed"] = group.failed;
    json["do_not_fit"] = group.misfits;
    const auto add = [&](const char* name, const std::optional<Spread>& spread) {
        if (!spread) return;
        json[name] = {{"p50", spread->p50}};
        if (spread->p95) json[name]["p95"] = *spread->p95;
        if (spread->p99) json[name]["p99"] = *spread->p99;
        json[name]["max"] = spread->worst;
    };
    add("dispatch_us", group.dispatch);
    add("combine_us", group.combine);
    add("both_us", group.both);
    add("layer_us", group.layer);
    if (!group.held_by.empty()) json["dispatch_held_by"] = group.held_by;
    return json;
}

std::vector<std::string> sample_keys(const Study& study) {
    std::vector<std::string> keys;
    for (const StudyAxis& axis : study.axes)
        if (axis.is_sample) keys.insert(keys.end(), axis.keys.begin(), axis.keys.end());
    return keys;
}

StudyJson front_as_json(const Front& front) {
    StudyJson json{{"axes", StudyJson::array()}, {"points", StudyJson::array()}};
    for (const FrontAxis& axis : front.axes)
        json["axes"].push_back({{"name", axis.name}, {"better", axis.is_more_better ? "more" : "less"}});
    for (std::size_t place = 0; place < front.groups.size(); ++place)
        json["points"].push_back({{"group", front.groups[place]}, {"x", front.points[place][0]}, {"y", front.points[place][1]}});
    return json;
}

}  // namespace

StudyJson cell_as_json(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> StudyJson {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) return nullptr;
            else return value;
        },
        cell);
}

StudyJson study_as_json(const StudyResults& results) {
    const Study& study = results.study;
    return {{"schema", "tokenyard.study/1"},
            {"tool", {{"name", "tokenyard"}, {"version", version}}},
            {"inputs",
             {{"study", {{"file", study.file.name}, {"sha256", study.file.sha256}}},
              {"clusters", input_files(results.files.cluster)},
              {"workloads", input_files(results.files.workload)},
              {"calibrations", input_files(results.files.calibration)},
              {"parts", input_files(results.files.parts)}}},
            {"study",
             {{"name", study.name},
              {"engine", study.engine},
              {"accuracy", study.accuracy ? StudyJson(*study.accuracy) : StudyJson(nullptr)},
              {"overlap", study.overlap.empty() ? StudyJson(nullptr) : StudyJson(study.overlap)},
              {"keys", keys_of(study)},
              {"samples", sample_keys(study)},
              {"case_count", results.rows.size()}}}};
}

std::string as_json(const StudyResults& results) {
    StudyJson json = study_as_json(results);
    json["cases"] = StudyJson::array();
    for (const StudyRow& row : results.rows) json["cases"].push_back(row_as_json(row, results.outputs));
    json["groups"] = StudyJson::array();
    for (const StudyGroup& group : results.groups) json["groups"].push_back(group_as_json(group));
    if (results.front && results.front->refusal.empty()) json["front"] = front_as_json(*results.front);
    return json.dump(2, ' ', false, StudyJson::error_handler_t::replace) + "\n";  // a file's name need not be UTF-8
}

}  // namespace tokenyard
