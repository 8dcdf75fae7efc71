// SPDX-License-Identifier: Apache-2.0
#include "report/study_report.hpp"

#include "report/study_answer.hpp"
#include "report/study_inputs.hpp"
#include "report/text_table.hpp"
#include "report/version.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

namespace tokenyard {
namespace {

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

/// An output of a group's case at p50.
std::string output_or_none(const StudyGroup& group, std::size_t output) {
    if (output >= group.median.size()) return "-";
    const Cell& cell = group.median[output];
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *whole);
    if (const auto* real = std::get_if<double>(&cell)) return short_number(*real);
    return "-";
}

std::string microseconds_or_none(const std::optional<double>& time) { return time ? fmt::format("{:.2f}", *time) : "-"; }

std::optional<double> p50_of(const std::optional<Spread>& spread) { return spread ? std::optional(spread->p50) : std::nullopt; }

/// The columns of the groups' table behind those of what varies: usually times and what held dispatch, or outputs that were asked
/// for.
class GroupColumns {
public:
    explicit GroupColumns(const StudyResults& results)
        : results_(results), has_many_(has_samples(results.study)), has_layer_(!results.study.overlap.empty()) {
        for (const StudyGroup& group : results.groups) {
            has_errors_ |= group.refused + group.failed > 0;
            has_misfits_ |= group.misfits > 0;
            for (const std::optional<Spread>* spread : {&group.both, &group.layer}) {
                has_p95_ |= *spread && (*spread)->p95;
                has_p99_ |= *spread && (*spread)->p99;
            }
        }
        has_front_ = results.front && results.front->refusal.empty();
    }

    bool has_front() const { return has_front_; }

    void add_to(TextTable& table) const {
        if (has_many_) table.add_column("cases", "", true);
        if (has_errors_) table.add_column("not", "done", true);
        if (results_.columns.empty()) add_times_to(table);
        for (const std::size_t output : results_.columns) table.add_column(results_.outputs[output].name, "", true);
        if (has_misfits_ && results_.columns.empty()) table.add_column("memory", "(GB)", true);
        if (has_misfits_) table.add_column("fits", "", false);
        if (has_front_) table.add_column("front", "", false);
    }

    void add_to(std::vector<std::string>& row, const StudyGroup& group, bool is_in_front) const {
        if (has_many_) row.push_back(fmt::format("{}", group.done));
        if (has_errors_) row.push_back(fmt::format("{}", group.refused + group.failed));
        if (results_.columns.empty()) add_times_to(row, group);
        for (const std::size_t output : results_.columns) row.push_back(output_or_none(group, output));
        if (has_misfits_ && results_.columns.empty()) {
            const std::size_t place = place_of(results_, "memory_GB");
            const std::optional<double> held = place < group.median.size() ? number_in(group.median[place]) : std::nullopt;
            row.push_back(held ? fmt::format("{:.1f}", *held) : "-");
        }
        if (has_misfits_) row.push_back(group.done == 0 ? "-" : group.misfits > 0 ? "no" : "yes");
        if (has_front_) row.push_back(is_in_front ? "*" : "");
    }

    /// Why a percentile is not there.
    std::string note() const {
        if (!has_many_ || !results_.columns.empty() || has_p99_) return "";
        return fmt::format("# {} left out: p95 takes 20 cases, p99 100; worst is the largest of those that there are\n",
                           has_p95_ ? "p99" : "p95 and p99");
    }

private:
    void add_times_to(TextTable& table) const {
        const char* unit = has_many_ ? "p50 (us)" : "(us)";
        table.add_column("dispatch", unit, true);
        table.add_column("combine", unit, true);
        if (has_layer_) table.add_column("both", unit, true);
        table.add_column(has_layer_ ? "layer" : "both", unit, true);
        if (has_p95_) table.add_column("", "p95 (us)", true);
        if (has_p99_) table.add_column("", "p99 (us)", true);
        if (has_many_) table.add_column("", "worst (us)", true);
        table.add_column("dispatch held", "most by", false);
    }

    void add_times_to(std::vector<std::string>& row, const StudyGroup& group) const {
        const std::optional<Spread>& ranked = has_layer_ ? group.layer : group.both;
        row.push_back(microseconds_or_none(p50_of(group.dispatch)));
        row.push_back(microseconds_or_none(p50_of(group.combine)));
        if (has_layer_) row.push_back(microseconds_or_none(p50_of(group.both)));
        row.push_back(microseconds_or_none(p50_of(ranked)));
        if (has_p95_) row.push_back(microseconds_or_none(ranked ? ranked->p95 : std::nullopt));
        if (has_p99_) row.push_back(microseconds_or_none(ranked ? ranked->p99 : std::nullopt));
        if (has_many_) row.push_back(microseconds_or_none(ranked ? std::optional(ranked->worst) : std::nullopt));
        row.push_back(group.held_by.empty() ? "-" : group.held_by);
    }

    const StudyResults& results_;
    bool has_many_ = false, has_layer_ = false, has_errors_ = false, has_misfits_ = false, has_front_ = false;
    bool has_p95_ = false, has_p99_ = false;
};

std::string front_line(const Front& front, std::size_t left_out) {
    const auto way = [](const FrontAxis& axis) { return axis.is_more_better ? "more" : "less"; };
    return fmt::format("# front: no other has {} {} and no worse {}, or {} {} and no worse {}{}\n", way(front.axes[0]),
                       front.axes[0].name, front.axes[1].name, way(front.axes[1]), front.axes[1].name, front.axes[0].name,
                       left_out > 0 ? fmt::format("; {} left out, which do not fit into memory", left_out) : "");
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
    std::vector<std::size_t> order = results.order;
    if (order.empty() && !results.is_narrowed) {
        order.resize(results.groups.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
    }
    for (const std::size_t place : order) {
        std::vector<std::string> row;
        if (inputs.empty()) row.push_back(results.study.name);
        for (const VaryingInput& input : inputs) row.push_back(input.of(firsts[place]));
        const bool is_in_front = columns.has_front() && std::ranges::count(results.front->groups, place) > 0;
        columns.add_to(row, results.groups[place], is_in_front);
        table.add_row(std::move(row));
    }
    const auto left_out = static_cast<std::size_t>(
        std::ranges::count_if(results.groups, [](const StudyGroup& group) { return group.misfits > 0; }));
    return answer_line(results) + header_of(results.study, results.rows.size()) + inputs_line(results) + engine_line(results) +
           memory_line(results) + table.text() + columns.note() +
           (columns.has_front() ? front_line(*results.front, left_out) : "") + errors_of(results.rows);
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
