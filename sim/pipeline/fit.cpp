// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fit.hpp"

#include "analysis/fit.hpp"
#include "pipeline/row_predictions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tokenyard {
namespace {

std::string joined(const std::vector<std::size_t>& places, const std::vector<const CostKey*>& parameters) {
    std::string names;
    for (const std::size_t place : places) names += fmt::format("{}{}", names.empty() ? "" : " and ", parameters[place]->name);
    return names;
}

}  // namespace

std::vector<RecordRow> fit_rows(const std::vector<Record>& records) {
    std::vector<RecordRow> rows;
    for (const Record& record : records)
        for (const RecordRow& row : record.rows)
            if (row.use == RowUse::fit) rows.push_back(row);
    return rows;
}

CalibrationFit fit(const std::vector<Record>& records, const std::vector<const CostKey*>& parameters, const GivenCosts& start,
                   const PredictOptions& options) {
    std::vector<RecordRow> rows = fit_rows(records);
    std::string names;
    for (const Record& record : records)
        if (const auto count = std::ranges::count(record.rows, RowUse::fit, &RecordRow::use); count > 0)
            names += fmt::format("{}{} ({} rows)", names.empty() ? "" : ", ", record.name, count);
    const auto log_ratios = [&](const std::vector<double>& values) {
        for (RecordRow& row : rows)  // what else the row says of its costs, such as how many SMs there were, stays
            for (std::size_t i = 0; i < values.size(); ++i) parameters[i]->set(row.one.costs, values[i]);
        std::vector<const RecordRow*> pointers;
        for (const RecordRow& row : rows) pointers.push_back(&row);
        std::vector<double> logarithms;
        for (const RowVerdict& verdict : predict_rows(pointers, options))
            logarithms.push_back(std::log(verdict.predicted.si / verdict.measured.si));
        return logarithms;
    };
    std::vector<double> values, most;
    for (const CostKey* parameter : parameters) {
        values.push_back(in_effect(rows.front().one.costs, *parameter));
        most.push_back(parameter->kind == CostKind::efficiency ? 1 : std::numeric_limits<double>::infinity());
    }
    const LeastSquares found = fit_logarithms(log_ratios, values, most);
    CalibrationFit fit;
    fit.rows = rows.size();
    fit.before = found.before;
    fit.after = found.after;
    fit.calibration = start;
    fit.calibration.given_by.resize(cost_keys().size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const FittedValue& value = found.values[i];
        fit.parameters.push_back({parameters[i], value.value, value.low, value.high, values[i]});
        parameters[i]->set(fit.calibration.costs, value.value);
        fit.calibration.given_by[static_cast<std::size_t>(parameters[i] - cost_keys().data())] = "fit";
    }
    for (const std::vector<std::size_t>& group : found.inseparable) fit.inseparable.push_back(joined(group, parameters));
    fit.calibration.costs.sources.push_back("Fitted by `tokenyard fit` to the fit rows of " + names + ".");
    return fit;
}

}  // namespace tokenyard
