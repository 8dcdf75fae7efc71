// SPDX-License-Identifier: Apache-2.0
#include "cli/percentage.hpp"
#include "cli/progress_bar.hpp"
#include "cli/records.hpp"
#include "cli/verbs.hpp"

#include "cli/checks.hpp"
#include "input/record_reader.hpp"
#include "pipeline/validate.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

namespace tokenyard {
namespace {

struct Arguments {
    RecordArguments records;
    std::string json, svg, judged, fail_above;
    bool with_rows = false, with_coverage = false;
};

constexpr double most_percent = 1000;

/// Gives whether all limits were kept.
bool validate_and_report(const Arguments& arguments) {
    RecordArguments wanted = arguments.records;
    if (wanted.files.empty()) wanted.files = shipped_records();
    std::vector<Record> records = read_records(wanted);
    if (const std::optional<double> most = as_percentage(arguments.fail_above, 0, most_percent))
        for (Record& record : records) record.latency.median = record.bandwidth.median = most;
    ProgressBar bar;
    PredictOptions options;
    options.engine = EngineKind::fluid;  // thousands of small cases: a process for each would take longer than they do
    options.progress = [&](double part) { bar.show(part); };
    Validation validation = validate(std::move(records), options);
    if (arguments.with_coverage) add_coverage(validation);
    if (!arguments.json.empty()) write_output(arguments.json, as_json(validation));
    if (!arguments.svg.empty()) write_output(arguments.svg, as_svg(validation));
    if (!arguments.judged.empty()) write_output(arguments.judged, judged_rows_as_csv(judged_rows_of(validation)));
    if (arguments.json != "-" && arguments.svg != "-" && arguments.judged != "-")
        write_output("-", as_text(validation, arguments.with_rows));
    for (const RecordVerdict& verdict : validation.verdicts)
        if (!verdict.broken_limits.empty()) return false;
    return true;
}

}  // namespace

void add_validate(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("validate", "How far predictions are from measurements: published ones, or your own");
    const auto arguments = std::make_shared<Arguments>();
    add_record_options(*verb, arguments->records);
    add_software_options(*verb, arguments->records.software);
    verb->add_option("--fail-above", arguments->fail_above,
                     "Exit with 4 where a median |error| of judged rows is above, such as 10%; unless given each record's limits")
        ->check([](const std::string& text) { return wrong_percentage(text, most_percent); });
    verb->add_flag("--rows", arguments->with_rows, "Print every row");
    verb->add_flag("--coverage", arguments->with_coverage,
                   "How often the intervals that predictions state hold, leaving out a record at a time and a chip at a time");
    verb->add_option("--json", arguments->json, "Write all of it as JSON; - is standard output");
    verb->add_option("--judged-rows", arguments->judged,
                     "Write the rows that predictions are held against (validation/judged_rows.csv); - is standard output");
    verb->add_option("--svg", arguments->svg, "Write a picture of predicted against measured times; - is standard output");
    verb->callback([=] {
        if (!validate_and_report(*arguments)) throw CheckFailed("an error limit was passed");
    });
}

}  // namespace tokenyard
