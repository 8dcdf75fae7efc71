// SPDX-License-Identifier: Apache-2.0
#include "pipeline/validate.hpp"

#include "analysis/errors.hpp"
#include "analysis/standing.hpp"
#include "pipeline/row_predictions.hpp"

#include <fmt/format.h>

#include <tuple>
#include <utility>

namespace tokenyard {

Validation validate(std::vector<Record> records, const PredictOptions& options) {
    std::vector<const RecordRow*> rows;
    for (const Record& record : records)
        for (const RecordRow& row : record.rows) rows.push_back(&row);
    std::vector<RowVerdict> all = predict_rows(rows, options);
    Validation validation;
    auto next = all.begin();
    for (const Record& record : records) {
        RecordVerdict verdict;
        for (std::size_t row = 0; row < record.rows.size(); ++row) {
            RowVerdict& one = verdict.rows.emplace_back(std::move(*next++));
            one.is_bandwidth_bound = record.is_bandwidth_bound.value_or(one.link_bound.si >= 0.5 * one.measured.si);
        }
        judge(record, verdict);
        validation.verdicts.push_back(std::move(verdict));
    }
    std::tie(validation.latency, validation.bandwidth) = summarise(validation.verdicts);
    const EngineDescription engine =
        describe_engine(options.engine.value_or(EngineKind::fluid), options.accuracy.value_or(exact));
    validation.engine = fmt::format("{} {}", engine.name, engine.version);
    validation.records = std::move(records);
    return validation;
}

std::vector<JudgedRow> judged_rows_of(const Validation& validation) {
    std::vector<JudgedRow> rows;
    for (std::size_t i = 0; i < validation.records.size(); ++i)
        for (const RowVerdict& row : validation.verdicts[i].rows)
            if (row.use == RowUse::judged && row.refusal.empty())
                rows.push_back({validation.records[i].name, row.setting, row.measured, row.predicted});
    return rows;
}

void add_coverage(Validation& validation) {
    const std::vector<JudgedRow> rows = judged_rows_of(validation);
    for (const char* left_out : {"record", "chip", "nothing"}) validation.coverage.push_back(coverage_of(rows, left_out));
}

}  // namespace tokenyard
