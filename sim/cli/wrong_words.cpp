// SPDX-License-Identifier: Apache-2.0
#include "cli/wrong_words.hpp"

#include "input/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace tokenyard {
namespace {

std::vector<std::string> verbs_of(const CLI::App& program) {
    std::vector<std::string> verbs;
    for (const CLI::App* verb : program.get_subcommands({})) verbs.push_back(verb->get_name());
    return verbs;
}

std::vector<std::string> options_of(const CLI::App& verb) {
    std::vector<std::string> options;
    for (const CLI::Option* option : verb.get_options())
        for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
    return options;
}

}  // namespace

std::string wrong_verb(const CLI::App& program, const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments.front().starts_with('-')) return {};
    const std::string& verb = arguments.front();
    const std::vector<std::string> verbs = verbs_of(program);
    if (std::ranges::find(verbs, verb) != verbs.end()) return {};
    const std::string meant = did_you_mean(verb, verbs);
    return fmt::format("unknown verb '{}'{}", verb,
                       meant.empty() ? fmt::format("; expected one of: {}", fmt::join(verbs, ", ")) : meant);
}

std::string wrong_option(const CLI::App& program) {
    for (const CLI::App* verb : program.get_subcommands())
        for (const std::string& argument : verb->remaining())
            if (argument.starts_with("--") && argument.size() > 2) {
                const std::string option = argument.substr(0, argument.find('='));
                return fmt::format("unknown option '{}' of {}{}", option, verb->get_name(),
                                   did_you_mean(option, options_of(*verb)));
            }
    return {};
}

CLI::Validator one_of(std::vector<std::string> words) {
    constexpr std::size_t longest_list = 40;  // letters; a longer one makes the help's column of names a wall
    const std::string list = fmt::format("{}", fmt::join(words, "|"));
    const auto wrong = [words = std::move(words)](const std::string& word) {
        if (std::ranges::find(words, word) != words.end()) return std::string();
        return fmt::format("found '{}'; expected one of: {}{}", word, fmt::join(words, ", "), did_you_mean(word, words));
    };
    return CLI::Validator(wrong, "", list.size() <= longest_list ? list : "");
}

}  // namespace tokenyard
