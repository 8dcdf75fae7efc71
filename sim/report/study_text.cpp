// SPDX-License-Identifier: Apache-2.0
#include "report/study_report.hpp"
#include "report/text_table.hpp"
#include "report/version.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

namespace tokenyard {
namespace {

/// A column of what differs among the cases.
struct VaryingInput {
    std::string title;
    std::function<std::string(const StudyCase&)> of;
};

enum class Samples { shown, left_out };

std::vector<VaryingInput> varying_inputs(const Study& study, Samples samples) {
    std::vector<VaryingInput> inputs;
    const auto add_files = [&](const char* title, const std::vector<StudyFile>& files, StudyFile StudyCase::*file) {
        if (files.size() > 1) inputs.push_back({title, [file](const StudyCase& one) { return (one.*file).name; }});
    };
    add_files("cluster", study.clusters, &StudyCase::cluster);
    add_files("workload", study.workloads, &StudyCase::workload);
    add_files("calibration", study.calibrations, &StudyCase::calibration);
    for (const StudyAxis& axis : study.axes) {
        if (axis.is_sample && samples == Samples::left_out) continue;
        for (const std::string& key : axis.keys)
            inputs.push_back({short_key(key), [key](const StudyCase& one) {
                                  return std::ranges::find(one.overrides, key, &Override::path)->value;
                              }});
    }
    if (study.algorithms.size() > 1) inputs.push_back({"algorithm", [](const StudyCase& one) { return one.algorithm; }});
    return inputs;
}

bool is_number(const std::string& text) { return !text.empty() && text.find_first_not_of("0123456789.+-e") == std::string::npos; }

std::string factors_of(const Study& study) {
    std::vector<std::string> factors;
    const auto add = [&](std::size_t count, const std::string& what) {
        if (count > 1) factors.push_back(fmt::format("{} {}", count, what));
    };
    add(study.clusters.size(), "clusters");
    add(study.workloads.size(), "workloads");
    add(study.calibrations.size(), "calibrations");
    for (const StudyAxis& axis : study.axes) {
        std::vector<std::string> keys;
        for (const std::string& key : axis.keys) keys.push_back(short_key(key));
        add(axis.rows.size(), fmt::format("{}", fmt::join(keys, " + ")));
    }
    add(study.algorithms.size(), "algorithms");
    add(study.seeds.size(), "seeds");
    return fmt::format("{}", fmt::join(factors, " x "));
}

std::string names_of(const std::vector<StudyFile>& files) {
    std::vector<std::string> names;
    for (const StudyFile& file : files) names.push_back(file.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

/// What a group's cases differ in.
std::vector<std::string> sampled(const Study& study) {
    std::vector<std::string> names;
    for (const StudyAxis& axis : study.axes)
        for (const std::string& key : axis.keys)
            if (axis.is_sample) names.push_back(short_key(key));
    if (study.seeds.size() > 1) names.emplace_back("seeds");
    return names;
}

std::string header_of(const Study& study, std::size_t case_count) {
    const std::string factors = factors_of(study);
    std::string text = fmt::format("# tokenyard {}  study {}: {} {}{}\n", version, study.name, case_count,
                                   case_count == 1 ? "case" : "cases", factors.empty() ? "" : ", " + factors);
    text += fmt::format("# cluster {}  workload {}  algorithm {}  calibration {}\n", names_of(study.clusters),
                        names_of(study.workloads), fmt::join(study.algorithms, ", "), names_of(study.calibrations));
    if (has_samples(study)) text += fmt::format("# percentiles over {}\n", fmt::join(sampled(study), " and "));
    for (const Override& each : study.fixed) text += fmt::format("# set {}={}\n", short_key(each.path), each.value);
    return text;
}

std::string inputs_line(const StudyResults& results) {
    std::string line = fmt::format("# inputs  {} (sha256 {:.12})", results.study.file.name, results.study.file.sha256);
    for (const std::vector<InputFile>* files : {&results.files.cluster, &results.files.workload, &results.files.calibration})
        for (const InputFile& file : *files) line += fmt::format("  {} (sha256 {:.12})", file.name, file.sha256);
    return line + "\n";
}

std::string engine_line(const StudyResults& results) {
    const Study& study = results.study;
    std::size_t counts[3] = {};
    for (const StudyRow& row : results.rows) ++counts[static_cast<std::size_t>(row.outcome.status)];
    const std::string accuracy = !study.accuracy        ? "as it chooses"
                                 : *study.accuracy == 0 ? "exact"
                                                        : fmt::format("{:.6g}%", 100 * *study.accuracy);
    return fmt::format("# engine {}, accuracy {}{}; {} done, {} refused, {} failed\n", study.engine, accuracy,
                       study.overlap.empty() ? "" : "; layer with overlap " + study.overlap, counts[0], counts[1], counts[2]);
}

/// Why cases are not done: each reason once.
std::string errors_of(const std::vector<StudyRow>& rows) {
    constexpr std::size_t most = 10;
    struct Reason {
        std::string text;
        std::size_t first = 0, count = 0;
    };
    std::vector<Reason> reasons;
    std::map<std::string, std::size_t> place_of;
    for (const StudyRow& row : rows) {
        if (row.outcome.status == CaseStatus::done) continue;
        const std::string text = fmt::format("{}: {}", name_of(row.outcome.status), row.outcome.error);
        const auto [known, is_new] = place_of.try_emplace(text, reasons.size());
        if (is_new) reasons.push_back({text, row.inputs.number, 0});
        ++reasons[known->second].count;
    }
    std::string text;
    for (std::size_t place = 0; place < std::min(reasons.size(), most); ++place) {
        const Reason& reason = reasons[place];
        text += reason.count == 1 ? fmt::format("# case {} {}\n", reason.first, reason.text)
                                  : fmt::format("# case {} and {} more {}\n", reason.first, reason.count - 1, reason.text);
    }
    if (reasons.size() > most) text += fmt::format("# and {} other reasons\n", reasons.size() - most);
    return text;
}

std::string microseconds_or_none(const std::optional<Spread>& spread, double Spread::*percentile) {
    return spread ? fmt::format("{:.2f}", (*spread).*percentile) : "-";
}

/// The columns of the groups' table behind those of what varies.
struct GroupColumns {
    bool has_many, has_layer, has_errors, has_front;

    explicit GroupColumns(const StudyResults& results)
        : has_many(has_samples(results.study)),
          has_layer(!results.study.overlap.empty()),
          has_errors(
              std::ranges::any_of(results.groups, [](const StudyGroup& group) { return group.refused + group.failed > 0; })),
          has_front(results.front && results.front->refusal.empty()) {}

    void add_to(TextTable& table) const {
        if (has_many) table.add_column("cases", "", true);
        if (has_errors) table.add_column("not", "done", true);
        const char* half = has_many ? "p50" : "";
        table.add_column("dispatch", fmt::format("{}{}", half, has_many ? " (us)" : "(us)"), true);
        table.add_column("combine", fmt::format("{}{}", half, has_many ? " (us)" : "(us)"), true);
        const std::string ranked = has_layer ? "layer" : "both";
        if (has_layer) table.add_column("both", has_many ? "p50 (us)" : "(us)", true);
        table.add_column(ranked, has_many ? "p50 (us)" : "(us)", true);
        if (has_many) table.add_column("", "p95 (us)", true);
        if (has_many) table.add_column("", "p99 (us)", true);
        table.add_column("dispatch held", "most by", false);
        if (has_front) table.add_column("front", "", false);
    }

    void add_to(std::vector<std::string>& row, const StudyGroup& group, bool is_in_front) const {
        if (has_many) row.push_back(fmt::format("{}", group.done));
        if (has_errors) row.push_back(fmt::format("{}", group.refused + group.failed));
        row.push_back(microseconds_or_none(group.dispatch, &Spread::p50));
        row.push_back(microseconds_or_none(group.combine, &Spread::p50));
        const std::optional<Spread>& ranked = has_layer ? group.layer : group.both;
        if (has_layer) row.push_back(microseconds_or_none(group.both, &Spread::p50));
        row.push_back(microseconds_or_none(ranked, &Spread::p50));
        if (has_many) row.push_back(microseconds_or_none(ranked, &Spread::p95));
        if (has_many) row.push_back(microseconds_or_none(ranked, &Spread::p99));
        row.push_back(group.held_by.empty() ? "-" : group.held_by);
        if (has_front) row.push_back(is_in_front ? "*" : "");
    }
};

std::string front_line(const Front& front) {
    const auto way = [](const FrontAxis& axis) { return axis.is_more_better ? "more" : "less"; };
    return fmt::format("# front: no other has {} {} and no worse {}, or {} {} and no worse {}\n", way(front.axes[0]),
                       front.axes[0].name, front.axes[1].name, way(front.axes[1]), front.axes[1].name, front.axes[0].name);
}

void add_input_columns(TextTable& table, const std::vector<VaryingInput>& inputs, const std::vector<StudyCase>& cases) {
    for (const VaryingInput& input : inputs)
        table.add_column(input.title, "",
                         std::ranges::all_of(cases, [&](const StudyCase& one) { return is_number(input.of(one)); }));
}

}  // namespace

std::string as_text(const StudyResults& results) {
    const std::vector<VaryingInput> inputs = varying_inputs(results.study, Samples::left_out);
    const GroupColumns columns(results);
    std::vector<StudyCase> firsts;
    for (const StudyGroup& group : results.groups) firsts.push_back(group.inputs);
    TextTable table;
    if (inputs.empty()) table.add_column("study", "", false);
    add_input_columns(table, inputs, firsts);
    columns.add_to(table);
    for (std::size_t place = 0; place < results.groups.size(); ++place) {
        std::vector<std::string> row;
        if (inputs.empty()) row.push_back(results.study.name);
        for (const VaryingInput& input : inputs) row.push_back(input.of(firsts[place]));
        const bool is_in_front = columns.has_front && std::ranges::count(results.front->groups, place) > 0;
        columns.add_to(row, results.groups[place], is_in_front);
        table.add_row(std::move(row));
    }
    return header_of(results.study, results.rows.size()) + inputs_line(results) + engine_line(results) + table.text() +
           (columns.has_front ? front_line(*results.front) : "") + errors_of(results.rows);
}

std::string cases_as_text(const Study& study, const std::vector<StudyCase>& cases) {
    const std::vector<VaryingInput> inputs = varying_inputs(study, Samples::shown);
    TextTable table;
    table.add_column("case", "", true);
    add_input_columns(table, inputs, cases);
    if (!study.seeds.empty()) table.add_column("seed", "", true);
    for (const StudyCase& one : cases) {
        std::vector<std::string> row{fmt::format("{}", one.number)};
        for (const VaryingInput& input : inputs) row.push_back(input.of(one));
        if (one.seed) row.push_back(fmt::format("{}", *one.seed));
        table.add_row(std::move(row));
    }
    return header_of(study, cases.size()) + table.text();
}

}  // namespace tokenyard
