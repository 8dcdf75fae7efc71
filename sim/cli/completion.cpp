// SPDX-License-Identifier: Apache-2.0
// Scripts with which shells complete the command line, made of the verbs and options that there are.
#include "cli/verbs.hpp"
#include "cli/wrong_words.hpp"

#include "report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

namespace tokenyard {
namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& program) { return program.get_subcommands({}); }

std::vector<std::string> names_of_verbs(const CLI::App& program) {
    std::vector<std::string> names;
    for (const CLI::App* verb : verbs_of(program)) names.push_back(verb->get_name());
    return names;
}

std::vector<std::string> options_of(const CLI::App& verb) {
    std::vector<std::string> names;
    for (const CLI::Option* option : verb.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

/// Words out of which an option takes one, as help shows them; empty where it takes something else.
std::string words_of(const CLI::Option& option) {
    std::string words = option.get_type_name();
    if (words.find('|') == std::string::npos || words.find("FILE") != std::string::npos) return {};
    std::ranges::replace(words, '|', ' ');
    return words;
}

constexpr const char* bash_head = R"SH(# Completion of tokenyard for bash: eval "$(tokenyard completion bash)"
_tokenyard() {
    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" verb="${COMP_WORDS[1]}" words=
)SH";

constexpr const char* bash_tail = R"SH(    [[ "$word" == -* ]] && words="$options"
    if [[ -z "$words" ]]; then
        words="$(tokenyard list --names 2>/dev/null)"
        COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
    else
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    fi
}
complete -o filenames -F _tokenyard tokenyard
)SH";

std::string for_bash(const CLI::App& program) {
    std::string values, options;
    for (const CLI::App* verb : verbs_of(program)) {
        options += fmt::format("        {}) options=\"{}\" ;;\n", verb->get_name(), fmt::join(options_of(*verb), " "));
        for (const CLI::Option* option : verb->get_options())
            if (const std::string words = words_of(*option); !words.empty() && !option->get_lnames().empty())
                values +=
                    fmt::format("        \"{} --{}\") words=\"{}\" ;;\n", verb->get_name(), option->get_lnames().front(), words);
    }
    return fmt::format(
        "{}    local options=\n    case \"$verb\" in\n{}    esac\n    case \"$verb $before\" in\n{}    esac\n"
        "    ((COMP_CWORD == 1)) && words=\"{}\"\n"
        "    [[ \"$verb\" == help ]] && ((COMP_CWORD == 2)) && words=\"{}\"\n{}",
        bash_head, options, values, fmt::join(names_of_verbs(program), " "), fmt::join(names_of_verbs(program), " "), bash_tail);
}

std::string for_zsh(const CLI::App& program) {
    return "# Completion of tokenyard for zsh: eval \"$(tokenyard completion zsh)\"\n"
           "autoload -U +X bashcompinit && bashcompinit\n" +
           for_bash(program);
}

std::string in_quotes_of_shell(const std::string& text) {
    std::string out = "'";
    for (const char letter : text) out += letter == '\'' ? std::string("\\'") : std::string(1, letter);
    return out + "'";
}

std::string for_fish(const CLI::App& program) {
    std::string out = "# Completion of tokenyard for fish: tokenyard completion fish | source\n";
    const std::string verbs = fmt::format("{}", fmt::join(names_of_verbs(program), " "));
    for (const CLI::App* verb : verbs_of(program)) {
        out += fmt::format("complete -c tokenyard -n 'not __fish_seen_subcommand_from {}' -f -a {} -d {}\n", verbs,
                           verb->get_name(), in_quotes_of_shell(verb->get_description()));
        for (const CLI::Option* option : verb->get_options()) {
            if (option->get_lnames().empty()) continue;
            const std::string words = words_of(*option);
            out += fmt::format("complete -c tokenyard -n '__fish_seen_subcommand_from {}' -l {}{}{} -d {}\n", verb->get_name(),
                               option->get_lnames().front(), option->get_items_expected_max() == 0 ? "" : " -r",
                               words.empty() ? "" : fmt::format(" -f -a {}", in_quotes_of_shell(words)),
                               in_quotes_of_shell(option->get_description()));
        }
    }
    return out + fmt::format("complete -c tokenyard -n '__fish_seen_subcommand_from {}' -a '(tokenyard list --names)'\n", verbs);
}

}  // namespace

void add_completion(CLI::App& program) {
    CLI::App* verb =
        program.add_subcommand("completion", "Print the script with which a shell completes verbs, options and names");
    const auto shell = std::make_shared<std::string>();
    verb->add_option("SHELL", *shell, "Whose script")->required()->check(one_of({"bash", "zsh", "fish"}));
    verb->callback([=, &program] {
        write_output("-", *shell == "bash" ? for_bash(program) : *shell == "zsh" ? for_zsh(program) : for_fish(program));
    });
}

}  // namespace tokenyard
