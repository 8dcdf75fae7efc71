// SPDX-License-Identifier: Apache-2.0
#include "cli/checks.hpp"
#include "cli/percentage.hpp"
#include "cli/verbs.hpp"

#include "input/input.hpp"
#include "pipeline/difference.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

namespace tokenyard {
namespace {

constexpr double most_percent = 1000;

struct Arguments {
    std::string before, after, json, fail_above;
};

void expect_files_of_their_own(const Arguments& arguments) {
    if (arguments.before == "-" && arguments.after == "-")
        throw CLI::ValidationError("AFTER", "found standard input for both predictions; expected it once");
    std::error_code failed;  // what is not there is not the same
    for (const std::string& input : {arguments.before, arguments.after})
        if (arguments.json != "-" && std::filesystem::equivalent(arguments.json, input, failed))
            throw CLI::ValidationError("--json", "found '" + arguments.json + "', which is compared; expected a file of its own");
}

void compare_and_report(const Arguments& arguments) {
    expect_files_of_their_own(arguments);
    const SavedPrediction before = read_prediction(arguments.before), after = read_prediction(arguments.after);
    const PredictionDifference difference = difference_of(before, after);
    if (!arguments.json.empty()) write_output(arguments.json, as_json(difference));
    if (arguments.json != "-") write_output("-", as_text(difference));
    if (arguments.fail_above.empty()) return;
    const double part = *as_percentage(arguments.fail_above, 0, most_percent);
    std::string longer;
    for (const TimeChange& time : longer_by(difference, part))
        longer += fmt::format("{}{} {:.2f} us instead of {:.2f} us", longer.empty() ? "" : ", ", time.name,
                              in_microseconds(time.after), in_microseconds(time.before));
    if (!longer.empty()) throw CheckFailed(fmt::format("found {}; expected at most {:.6g} % more", longer, part * 100));
}

}  // namespace

void add_compare(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("compare", "What differs between two predictions, and what that did");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("BEFORE", arguments->before, "A prediction as --json writes it, or - for standard input")->required();
    verb->add_option("AFTER", arguments->after, "Another one")->required();
    verb->add_option("--fail-above", arguments->fail_above,
                     "Exit with 4 when a phase, both together or the layer takes more than so much longer, such as 5%")
        ->check([](const std::string& text) { return wrong_percentage(text, most_percent); });
    verb->add_option("--json", arguments->json, "Write the comparison as JSON; - is standard output");
    verb->callback([=] { compare_and_report(*arguments); });
}

}  // namespace tokenyard
