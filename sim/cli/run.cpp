// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"

#include "cli/help.hpp"
#include "cli/init.hpp"
#include "cli/verbs.hpp"
#include "cli/wrong_words.hpp"
#include "report/version.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

namespace tokenyard {
namespace {

/// "a,,b" as "a", "" and "b".
std::vector<std::string> split_at_commas(const std::string& list) {
    std::vector<std::string> items(1);
    for (const char letter : list) {
        if (letter == ',') items.emplace_back();
        else items.back() += letter;
    }
    return items;
}

/// `help` as what it stands for: `--help`, of a verb where one is named. As they are where somebody asks otherwise.
std::vector<std::string> with_help_spelt_out(std::vector<std::string> arguments) {
    if (arguments.empty() || arguments.front() != "help" || arguments.size() > 2) return arguments;
    if (arguments.size() == 1) return {"--help"};
    return arguments[1].starts_with('-') ? arguments : std::vector<std::string>{arguments[1], "--help"};
}

int refuse_command_line(const std::string& message) {
    std::cerr << message << "\nRun with --help for more information.\n";
    return 1;
}

}  // namespace

int run(int argc, char** argv) {
    CLI::App program{"Predicts the all-to-all of Mixture-of-Experts layers on GPU clusters.", "tokenyard"};
    program.set_version_flag("--version", "tokenyard " + std::string(version));
    program.require_subcommand(1);
    program.footer(
        "Exit codes: 0 done, 1 wrong command line, 2 wrong input, 3 the world failed (disk, process), 4 a check that was asked "
        "for did not hold.");
    add_predict(program);
    add_check(program);
    add_compare(program);
    add_doctor(program);
    add_export(program);
    add_import(program);
    add_show(program);
    add_validate(program);
    add_fit(program);
    add_list(program);
    add_sweep(program);
    add_place(program);
    add_completion(program);
    add_init(program);
    arrange_help(program);
    std::vector<std::string> arguments = with_help_spelt_out({argv + std::min(argc, 1), argv + argc});
    if (const std::string wrong = wrong_verb(program, arguments); !wrong.empty()) return refuse_command_line(wrong);
    std::ranges::reverse(arguments);  // as CLI11 takes them
    try {
        program.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
        if (const std::string wrong = error.get_exit_code() != 0 ? wrong_option(program) : ""; !wrong.empty())
            return refuse_command_line(wrong);
        return program.exit(error, std::cout, std::cerr) == 0 ? 0 : 1;
    }
    return 0;
}

void add_set_option(CLI::App& verb, std::vector<std::string>& overrides) {
    const auto has_key = [](const std::string& text) {
        const std::size_t equals = text.find('=');
        return equals == std::string::npos || equals == 0 ? "found '" + text + "'; expected KEY=VALUE" : std::string();
    };
    verb.add_option("--set", overrides,
                    "Override any key of the files, such as node.nics.bandwidth=\"800 Gbit/s\"; may be given again")
        ->check(CLI::Validator(has_key, ""))
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
}

CLI::Option* add_list_option(CLI::App& verb, const std::string& name, std::vector<std::string>& items, const std::string& help,
                             const CLI::Validator& of_item) {
    // Not CLI11's delimiter, which for a list of empty items takes the next argument as a value.
    const auto wrong_list = [of_item](const std::string& list) {
        for (std::string& item : split_at_commas(list)) {
            if (item.empty()) return "found '" + list + "'; expected names with one comma between two";
            if (std::string wrong = of_item(item); !wrong.empty()) return wrong;
        }
        return std::string();
    };
    const auto add_all = [&items](const std::vector<std::string>& lists) {
        for (const std::string& list : lists)
            for (std::string& item : split_at_commas(list)) items.push_back(std::move(item));
    };
    return verb.add_option_function<std::vector<std::string>>(name, add_all, help)->check(CLI::Validator(wrong_list, ""));
}

void add_software_options(CLI::App& verb, SoftwareChoice& software) {
    add_list_option(
        verb, "--library", software.libraries,
        "Libraries that the exchange runs, with commas between, before those that workload and cluster name: files, or "
        "presets such as nccl_2_29")
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
    verb.add_option("--calibration", software.calibration,
                    "Costs that were measured, which go before those of any part: a file, a preset, or -; unless given what the "
                    "cluster names");
}

void say_notes(const CostOrigins& origins) {
    for (const std::string& note : origins.notes) std::cerr << "tokenyard: note: " << note << '\n';
}

std::vector<Override> as_overrides(const std::vector<std::string>& overrides) {
    std::vector<Override> split;
    for (const std::string& text : overrides) split.push_back({text.substr(0, text.find('=')), text.substr(text.find('=') + 1)});
    return split;
}

}  // namespace tokenyard
