#include "cli/progress_bar.hpp"
#include "cli/records.hpp"
#include "cli/verbs.hpp"

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
    RecordArguments records{{}, {}, {}, nominal_calibration};
    std::vector<std::string> parameters;
    std::string name = "fitted", out;
};

std::vector<const CostKey*> parameters_named(const Arguments& arguments, const Costs& start) {
    std::vector<const CostKey*> found;
    for (const std::string& name : arguments.parameters) {
        const CostKey* parameter = find_cost(name);
        if (std::ranges::find(found, parameter) != found.end())
            throw CLI::ValidationError("--vary " + name, "found it again; expected it once");
        if (in_effect(start, *parameter) <= 0)
            throw CLI::ValidationError(
                "--vary " + name,
                fmt::format("found 0 or no limit in calibration {}; expected a value to start from", start.name));
        found.push_back(parameter);
    }
    return found;
}

void fit_and_report(const Arguments& arguments) {
    Costs start = read_calibration(arguments.records.calibration);
    const std::vector<const CostKey*> parameters = parameters_named(arguments, start);
    const std::vector<Record> records = read_records(arguments.records);
    std::size_t rows = 0;
    for (const Record& record : records)
        rows += static_cast<std::size_t>(std::ranges::count(record.rows, RowUse::fit, &RecordRow::use));
    if (rows <= parameters.size())
        throw CLI::ValidationError("--vary",
                                   fmt::format("found {} parameters and {} rows of use fit; expected more rows than parameters",
                                               parameters.size(), rows));
    PredictOptions options;
    options.engine = EngineKind::fluid;
    options.accuracy = exact;
    start.name = arguments.name;
    start.description = fmt::format("Fitted, starting from {}", arguments.records.calibration);
    const CalibrationFit fitted = fit(records, parameters, start, options);
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
    verb->add_option("--vary", arguments->parameters, "What is fitted, with commas between")
        ->required()
        ->delimiter(',')
        ->check(CLI::IsMember(names));
    verb->add_option("--calibration", arguments->records.calibration,
                     "Where to start from, and what all else stays at: a file or a preset")
        ->capture_default_str();
    verb->add_option("--name", arguments->name, "Of the new calibration")->capture_default_str();
    verb->add_option("--out", arguments->out, "Write the calibration as YAML; - is standard output")->required();
    verb->callback([=] { fit_and_report(*arguments); });
}

}  // namespace tokenyard
