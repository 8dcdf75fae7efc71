#include "pipeline/fit.hpp"

#include "analysis/fit.hpp"
#include "pipeline/row_predictions.hpp"

#include <fmt/format.h>

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

CalibrationFit fit(const std::vector<Record>& records, const std::vector<const CostKey*>& parameters, const Costs& start,
                   const PredictOptions& options) {
    std::vector<RecordRow> rows;
    std::string names;
    for (const Record& record : records) {
        const std::size_t before = rows.size();
        for (const RecordRow& row : record.rows)
            if (row.use == RowUse::fit) rows.push_back(row);
        if (rows.size() > before)
            names += fmt::format("{}{} ({} rows)", names.empty() ? "" : ", ", record.name, rows.size() - before);
    }
    const auto costs_with = [&](const std::vector<double>& values) {
        Costs costs = start;
        for (std::size_t i = 0; i < values.size(); ++i) parameters[i]->set(costs, values[i]);
        return costs;
    };
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
        values.push_back(in_effect(start, *parameter));
        most.push_back(parameter->kind == CostKind::efficiency ? 1 : std::numeric_limits<double>::infinity());
    }
    const LeastSquares found = fit_logarithms(log_ratios, values, most);
    CalibrationFit fit;
    fit.rows = rows.size();
    fit.before = found.before;
    fit.after = found.after;
    std::vector<double> best;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const FittedValue& value = found.values[i];
        fit.parameters.push_back({parameters[i], value.value, value.low, value.high, values[i]});
        best.push_back(value.value);
    }
    for (const std::vector<std::size_t>& group : found.inseparable) fit.inseparable.push_back(joined(group, parameters));
    fit.costs = costs_with(best);
    fit.costs.sources.push_back("Fitted by `tokenyard fit` to the fit rows of " + names + ".");
    return fit;
}

}  // namespace tokenyard
