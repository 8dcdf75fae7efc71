#include "cli/progress_bar.hpp"
#include "cli/verbs.hpp"

#include "cli/checks.hpp"
#include "input/record_reader.hpp"
#include "pipeline/validate.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::vector<std::string> records;
    std::string calibration, json, svg;
    bool with_rows = false;
};

/// Gives whether all limits were kept.
bool validate_and_report(const Arguments& arguments) {
    std::vector<std::string_view> names;
    for (const Algorithm& algorithm : algorithms()) names.push_back(algorithm.name);
    std::vector<Record> records;
    for (const std::string& file : arguments.records.empty() ? shipped_records() : arguments.records)
        records.push_back(read_record(file, names, fabric_of, arguments.calibration));
    ProgressBar bar;
    PredictOptions options;
    options.engine = EngineKind::fluid;  // thousands of small cases: a process for each would take longer than they do
    options.progress = [&](double part) { bar.show(part); };
    const Validation validation = validate(std::move(records), options);
    if (!arguments.json.empty()) write_output(arguments.json, as_json(validation));
    if (!arguments.svg.empty()) write_output(arguments.svg, as_svg(validation));
    if (arguments.json != "-" && arguments.svg != "-") write_output("-", as_text(validation, arguments.with_rows));
    for (const RecordVerdict& verdict : validation.verdicts)
        if (!verdict.broken_limits.empty()) return false;
    return true;
}

}  // namespace

void add_validate(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("validate", "How far predictions are from published measurements");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("RECORD", arguments->records,
                     "Records as YAML: files, or names of those that are shipped; none: all of those");
    verb->add_option("--calibration", arguments->calibration,
                     "What software costs: a file or a preset, for every row instead of its own");
    verb->add_flag("--rows", arguments->with_rows, "Print every row");
    verb->add_option("--json", arguments->json, "Write all of it as JSON; - is standard output");
    verb->add_option("--svg", arguments->svg, "Write a picture of predicted against measured times; - is standard output");
    verb->callback([=] {
        if (!validate_and_report(*arguments)) throw CheckFailed("an error limit was passed");
    });
}

}  // namespace tokenyard
