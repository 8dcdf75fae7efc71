// SPDX-License-Identifier: Apache-2.0
// What the page of a study shows: what was asked, and inputs and outputs of every case, a column each.
#include "report/study_json.hpp"
#include "report/study_report.hpp"

#include <algorithm>
#include <map>

namespace tokenyard {
namespace {

using Values = std::vector<std::string>;

/// What cases differ in: the keys that move together, and the row of their values that each case takes.
struct Factor {
    Values keys;
    std::vector<Values> rows;
    std::vector<std::size_t> row_of_case;
    bool is_sample = false;
};

std::vector<Values> names_of_files(const std::vector<StudyFile>& files) {
    std::vector<Values> rows;
    for (const StudyFile& file : files) rows.push_back({file.name});
    return rows;
}

template <class ValuesOf>
Factor factor_of(Values keys, std::vector<Values> rows, const StudyResults& results, const ValuesOf& values_of) {
    Factor factor{std::move(keys), std::move(rows), {}, false};
    std::map<Values, std::size_t> row_of;
    for (std::size_t row = 0; row < factor.rows.size(); ++row) row_of.try_emplace(factor.rows[row], row);
    for (const StudyRow& row : results.rows) factor.row_of_case.push_back(row_of.at(values_of(row.inputs)));
    return factor;
}

/// In the order in which the study's cases change them, the slowest first.
std::vector<Factor> factors_of(const StudyResults& results) {
    const Study& study = results.study;
    std::vector<Factor> factors;
    const auto add_files = [&](const char* name, const std::vector<StudyFile>& files, StudyFile StudyCase::*file) {
        factors.push_back(
            factor_of({name}, names_of_files(files), results, [&](const StudyCase& one) { return Values{(one.*file).name}; }));
    };
    add_files("cluster", study.clusters, &StudyCase::cluster);
    add_files("workload", study.workloads, &StudyCase::workload);
    add_files("calibration", study.calibrations, &StudyCase::calibration);
    auto first = static_cast<std::ptrdiff_t>(study.fixed.size());  // of the axis' keys among a case's overrides
    for (const StudyAxis& axis : study.axes) {
        const auto count = static_cast<std::ptrdiff_t>(axis.keys.size());
        factors.push_back(factor_of(axis.keys, axis.rows, results, [&](const StudyCase& one) {
            Values values;
            std::transform(one.overrides.begin() + first, one.overrides.begin() + first + count, std::back_inserter(values),
                           [](const Override& each) { return each.value; });
            return values;
        }));
        factors.back().is_sample = axis.is_sample;
        first += count;
    }
    std::vector<Values> names, seeds;
    for (const std::string& algorithm : study.algorithms) names.push_back({algorithm});
    factors.push_back(factor_of({"algorithm"}, names, results, [](const StudyCase& one) { return Values{one.algorithm}; }));
    for (const std::uint64_t seed : study.seeds) seeds.push_back({std::to_string(seed)});
    if (seeds.empty()) return factors;
    factors.push_back(
        factor_of({"seed"}, seeds, results, [](const StudyCase& one) { return Values{std::to_string(*one.seed)}; }));
    factors.back().is_sample = true;
    return factors;
}

StudyJson factors_as_json(const StudyResults& results) {
    StudyJson json = StudyJson::array();
    for (const Factor& factor : factors_of(results)) {
        Values names;
        for (const std::string& key : factor.keys) names.push_back(short_key(key));
        json.push_back({{"keys", factor.keys},
                        {"names", names},
                        {"is_sample", factor.is_sample},
                        {"rows", factor.rows},
                        {"row_of_case", factor.row_of_case}});
    }
    return json;
}

/// Outputs that some case has.
StudyJson outputs_as_json(const StudyResults& results) {
    StudyJson json = StudyJson::array();
    for (std::size_t place = 0; place < results.outputs.size(); ++place) {
        const OutputColumn& output = results.outputs[place];
        StudyJson values = StudyJson::array();
        for (const StudyRow& row : results.rows)
            values.push_back(row.outcome.outputs.empty() ? StudyJson(nullptr) : cell_as_json(row.outcome.outputs[place]));
        if (std::all_of(values.begin(), values.end(), [](const StudyJson& value) { return value.is_null(); })) continue;
        json.push_back({{"name", output.name},
                        {"meaning", output.meaning},
                        {"better", output.is_more_better ? "more" : "less"},
                        {"values", std::move(values)}});
    }
    return json;
}

/// Each text once, and which of them a case has; null for none.
StudyJson errors_as_json(const std::vector<StudyRow>& rows) {
    StudyJson texts = StudyJson::array(), of_case = StudyJson::array();
    std::map<std::string, std::size_t> place_of;
    for (const StudyRow& row : rows) {
        if (row.outcome.status == CaseStatus::done) {
            of_case.push_back(nullptr);
            continue;
        }
        const auto [known, is_new] = place_of.try_emplace(row.outcome.error, place_of.size());
        if (is_new) texts.push_back(row.outcome.error);
        of_case.push_back(known->second);
    }
    return {{"texts", texts}, {"of_case", of_case}};
}

}  // namespace

std::string as_page_data(const StudyResults& results) {
    const Study& study = results.study;
    StudyJson json = study_as_json(results);
    json["study"]["description"] = study.description;
    json["study"]["engines"] = results.engines;
    StudyJson& fixed = json["study"]["fixed"] = StudyJson::object();
    for (const Override& each : study.fixed) fixed[short_key(each.path)] = each.value;
    StudyJson& cases = json["cases"];
    cases["factors"] = factors_as_json(results);
    cases["status"] = StudyJson::array();
    for (const StudyRow& row : results.rows) cases["status"].push_back(name_of(row.outcome.status));
    cases["errors"] = errors_as_json(results.rows);
    cases["outputs"] = outputs_as_json(results);
    json["groups"] = StudyJson::array();
    for (const StudyGroup& group : results.groups)
        json["groups"].push_back({{"cases", group.rows},
                                  {"median", group.median_row ? StudyJson(*group.median_row) : StudyJson(nullptr)},
                                  {"held_by", group.held_by},
                                  {"do_not_fit", group.misfits}});
    json["front"] = nullptr;
    if (results.front && results.front->refusal.empty())
        json["front"] = {{"x", results.front->axes[0].name}, {"y", results.front->axes[1].name}};
    return json.dump(-1, ' ', false, StudyJson::error_handler_t::replace);
}

}  // namespace tokenyard
