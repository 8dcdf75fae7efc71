// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_bar.hpp"
#include "cli/records.hpp"
#include "cli/verbs.hpp"
#include "cli/wrong_words.hpp"

#include "input/input.hpp"
#include "input/record_reader.hpp"
#include "pipeline/fit.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    RecordArguments records;
    std::vector<std::string> parameters;
    std::string name = "fitted", out;
};

std::vector<const CostKey*> parameters_named(const Arguments& arguments) {
    std::vector<const CostKey*> found;
    for (const std::string& name : arguments.parameters) {
        const CostKey* parameter = find_cost(name);
        if (std::ranges::find(found, parameter) != found.end())
            throw CLI::ValidationError("--vary " + name, "found it again; expected it once");
        found.push_back(parameter);
    }
    return found;
}

/// A fit starts from one value of each parameter, which all rows must have.
void expect_one_start(const std::vector<const CostKey*>& parameters, const std::vector<RecordRow>& rows) {
    for (const CostKey* parameter : parameters) {
        const std::string option = fmt::format("--vary {}", parameter->name);
        const double start = in_effect(rows.front().one.costs, *parameter);
        if (start <= 0) throw CLI::ValidationError(option, "found 0 or no limit; expected a value to start from");
        for (const RecordRow& row : rows)
            if (in_effect(row.one.costs, *parameter) != start)
                throw CLI::ValidationError(
                    option,
                    fmt::format("found it to be {} of {} and {} of {}; expected records with one value, or a --calibration",
                                start, in_words(rows.front().one.origins), in_effect(row.one.costs, *parameter),
                                in_words(row.one.origins)));
    }
}

void fit_and_report(const Arguments& arguments) {
    const std::string& start = arguments.records.software.calibration;
    GivenCosts given;
    if (!start.empty()) given = read_calibration(start);
    const std::vector<const CostKey*> parameters = parameters_named(arguments);
    const std::vector<Record> records = read_records(arguments.records);
    const std::vector<RecordRow> rows = fit_rows(records);
    if (rows.size() <= parameters.size())
        throw CLI::ValidationError("--vary",
                                   fmt::format("found {} parameters and {} rows of use fit; expected more rows than parameters",
                                               parameters.size(), rows.size()));
    expect_one_start(parameters, rows);
    PredictOptions options;
    options.engine = EngineKind::fluid;
    options.accuracy = exact;
    given.costs.name = arguments.name;
    given.costs.description = start.empty() ? "Fitted on the parts that its records name" : "Fitted, starting from " + start;
    const CalibrationFit fitted = fit(records, parameters, given, options);
    if (!fitted.inseparable.empty()) write_output("-", as_text(fitted));
    for (const std::string& names : fitted.inseparable)
        throw CLI::ValidationError(
            "--vary", fmt::format("found {}, which these rows cannot tell; expected fewer parameters, or rows that do", names));
    write_output(arguments.out, as_yaml(fitted));
    if (arguments.out != "-") write_output("-", as_text(fitted));
}

}  // namespace

void add_fit(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("fit", "A calibration from the fit rows of measurements");
    const auto arguments = std::make_shared<Arguments>();
    add_record_options(*verb, arguments->records)->required();
    std::vector<std::string> names;
    for (const CostKey& key : cost_keys())
        if (can_be_fitted(key)) names.emplace_back(key.name);
    add_list_option(*verb, "--vary", arguments->parameters, "What is fitted, with commas between", one_of(names))->required();
    add_software_options(*verb, arguments->records.software);
    verb->add_option("--name", arguments->name, "Of the new calibration")->capture_default_str();
    verb->add_option("--out", arguments->out, "Write the calibration as YAML; - is standard output")->required();
    verb->callback([=] { fit_and_report(*arguments); });
}

}  // namespace tokenyard
