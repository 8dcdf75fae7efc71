// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace tokenyard {
namespace {

struct VerbHelp {
    std::string_view verb, group;
    const char* examples;
};

constexpr VerbHelp verbs[] = {
    {"predict", "Ask",
     "Examples:\n"
     "  tokenyard predict dgx_h100_x4 deepseek_v3_decode --algorithm all\n"
     "  tokenyard predict dgx_h100_x4 deepseek_v3_prefill --algorithm two-level --explain --html page.html\n"
     "  tokenyard predict mine.yaml deepseek_v3_decode --set ranks=16 --set node.nics.bandwidth=\"800 Gbit/s\""},
    {"sweep", "Ask",
     "Examples:\n"
     "  tokenyard sweep cost --list\n"
     "  tokenyard sweep studies/cost.yaml --csv cost.csv --html cost.html\n"
     "  tokenyard sweep cost --results cost.sqlite --resume\n"
     "  tokenyard sweep ep_size_128 --where \"both_us < 200\" --columns both_us,memory_GB"},
    {"place", "Ask",
     "Examples:\n"
     "  tokenyard place dgx_h100_x4 deepseek_v3_prefill_skewed --redundant 32 --algorithm two-level\n"
     "  tokenyard place mine.yaml my_trace.yaml --out map.json --format sglang"},
    {"compare", "Ask", "Example:\n  tokenyard compare before.json after.json --fail-above 5%"},
    {"list", "Describe", "Examples:\n  tokenyard list\n  tokenyard list nics\n  tokenyard list --costs"},
    {"show", "Describe",
     "Examples:\n"
     "  tokenyard show dgx_h100_x4\n"
     "  tokenyard show dgx_h100_x4 --costs\n"
     "  tokenyard show dgx_h100_x4 --schedule \"4 MiB\""},
    {"init", "Describe",
     "Examples:\n"
     "  tokenyard init cluster --gpu h100_sxm --nic cx7 --nodes 4 --out mine.yaml\n"
     "  tokenyard init workload --model deepseek_v3_decode --out work.yaml\n"
     "  tokenyard init study --cluster mine.yaml --workload work.yaml --out study.yaml"},
    {"check", "Describe", "Examples:\n  tokenyard check mine.yaml\n  tokenyard check mine.yaml work.yaml studies/cost.yaml"},
    {"import", "Describe",
     "Examples:\n  tokenyard import nccl_topo.xml --out mine.yaml\n  tokenyard import config.json --out model.yaml"},
    {"export", "Describe", "Example:\n  tokenyard export dgx_h100_x4 deepseek_v3_prefill --to matrix --out s.txt"},
    {"validate", "Measure", "Examples:\n  tokenyard validate\n  tokenyard validate nccl_h100_node --rows"},
    {"doctor", "Measure",
     "Examples:\n"
     "  tokenyard doctor dgx_h100_x4 alltoall_perf.log\n"
     "  tokenyard doctor mine.yaml --workload deepseek_v3_decode --time both=\"873 us\""},
    {"fit", "Measure", "Example:\n  tokenyard fit nccl_h100_node --vary nccl.launch --out mine.yaml"},
    {"completion", "More", "Example:\n  eval \"$(tokenyard completion bash)\""},
    {"help", "More", "Examples:\n  tokenyard help\n  tokenyard help predict"},
};

constexpr const char* inputs = "What is read";
constexpr const char* choices = "How it is done";
constexpr const char* answers = "What is asked for";
constexpr const char* outputs = "What is written";

/// `value`: what stands for the value in help; empty where there is none. `verb` is empty where it holds for all.
struct OptionHelp {
    std::string_view option, group, value, verb = {};
};

constexpr OptionHelp options[] = {
    {"CLUSTER", "", "FILE|NAME|-"},
    {"WORKLOAD", "", "FILE|NAME|-"},
    {"STUDY", "", "FILE|NAME|-"},
    {"FILE", "", "FILE|NAME|-"},
    {"RECORD", "", "FILE|NAME"},
    {"MEASURED", "", "FILE|NAME"},
    {"BEFORE", "", "FILE|-"},
    {"AFTER", "", "FILE|-"},
    {"VERB", "", "NAME"},
    {"KIND", "", "NAME"},
    {"SHELL", "", "NAME"},
    {"--matrix", inputs, "FILE"},
    {"--matrix-scale", inputs, "SIZE"},
    {"--routing", inputs, "FILE"},
    {"--seed", inputs, "N"},
    {"--set", inputs, "KEY=VALUE"},
    {"--library", inputs, "NAME,..."},
    {"--calibration", inputs, "FILE|NAME|-"},
    {"--cluster", inputs, "FILE|NAME"},
    {"--workload", inputs, "FILE|NAME"},
    {"--gpu", inputs, "NAME"},
    {"--nic", inputs, "NAME"},
    {"--host", inputs, "NAME"},
    {"--nodes", inputs, "N"},
    {"--gpus", inputs, "N"},
    {"--model", inputs, "NAME"},
    {"--layers", inputs, "FILE"},
    {"--map", inputs, "FILE"},
    {"--as", inputs, "NAME"},
    {"--nics", inputs, "NAME,..."},
    {"--test", inputs, "NAME"},
    {"--ranks", inputs, "N"},
    {"--collective", choices, "N", "import"},
    {"--ranks", outputs, "FILE|-", "predict"},
    {"--algorithm", choices, "NAME"},
    {"--algorithm", choices, "NAME,...|all", "predict"},
    {"--engine", choices, "NAME"},
    {"--accuracy", choices, "PERCENT"},
    {"--overlap", answers, "NAME"},
    {"--layer", answers, ""},
    {"--explain", answers, ""},
    {"--sensitivity", answers, ""},
    {"--phase", choices, "NAME"},
    {"--redundant", choices, "N"},
    {"--window", choices, "FROM%:TO%"},
    {"--score", choices, "FROM%:TO%"},
    {"--evaluations", choices, "N"},
    {"--jobs", choices, "N"},
    {"--resume", choices, ""},
    {"--retry", choices, ""},
    {"--vary", choices, "COST,..."},
    {"--name", choices, "NAME"},
    {"--list", answers, ""},
    {"--maximize", answers, "OUTPUT"},
    {"--minimize", answers, "OUTPUT"},
    {"--where", answers, "CONDITION"},
    {"--sort", answers, "OUTPUT"},
    {"--columns", answers, "OUTPUT,..."},
    {"--coverage", answers, ""},
    {"--time", inputs, "PHASE=TIME"},
    {"--pairs", inputs, "FILE"},
    {"--judged-rows", outputs, "FILE|-"},
    {"--verbose", outputs, ""},
    {"--pareto", answers, "OUTPUT,OUTPUT"},
    {"--fail-above", answers, "PERCENT"},
    {"--rows", answers, ""},
    {"--schedule", answers, "SIZE"},
    {"--costs", answers, ""},
    {"--names", answers, ""},
    {"--json", outputs, "FILE|-"},
    {"--html", outputs, "FILE|-"},
    {"--trace", outputs, "FILE|-"},
    {"--links", outputs, "FILE|-"},
    {"--svg", outputs, "FILE|-"},
    {"--csv", outputs, "FILE|-"},
    {"--out", outputs, "FILE|-"},
    {"--results", outputs, "FILE"},
    {"--format", outputs, "NAME"},
    {"--to", outputs, "NAME"},
    {"--matrix-out", outputs, "FILE|-"},
    {"--combine-matrix-out", outputs, "FILE|-"},
    {"--routing-out", outputs, "FILE|-"},
    {"--popularity-out", outputs, "FILE|-"},
    {"--workload-out", outputs, "FILE|-"},
    {"--quiet", outputs, ""},
};

const OptionHelp* help_of(const CLI::App& verb, const CLI::Option& option) {
    const std::string name = option.get_positional() ? option.get_name(true, false) : "--" + option.get_lnames().front();
    const OptionHelp* found = nullptr;
    for (const OptionHelp& each : options)
        if (each.option == name && (each.verb.empty() || each.verb == verb.get_name())) found = &each;  // the last is the closest
    return found;
}

/// Words that it is one of, where one_of names them.
std::string words_of(CLI::Option& option) {
    try {
        return option.get_validator(0)->get_name();
    } catch (const CLI::OptionNotFound&) {
        return {};
    }
}

void arrange(CLI::App& verb, CLI::Option& option) {
    if (&option == verb.get_help_ptr()) return;
    const OptionHelp* help = help_of(verb, option);
    if (help && !help->group.empty()) option.group(std::string(help->group));
    if (option.get_items_expected_max() == 0) return;  // a flag
    const std::string words = words_of(option);
    option.type_name(!words.empty() ? words : help ? std::string(help->value) : "VALUE");
}

}  // namespace

void arrange_help(CLI::App& program) {
    CLI::App* help = program.add_subcommand("help", "What a verb does and takes, as --help behind it");
    help->add_option("VERB", "One of the verbs; unless given, all of them are named");
    for (CLI::App* verb : program.get_subcommands({})) {
        for (CLI::Option* option : verb->get_options()) arrange(*verb, *option);
        const auto known = std::ranges::find(verbs, verb->get_name(), &VerbHelp::verb);
        if (known == std::end(verbs)) continue;
        verb->group(std::string(known->group));
        verb->footer(known->examples);
    }
    constexpr std::size_t width = 34;  // of names and the kinds of their values
    program.get_formatter()->column_width(width);
    for (CLI::App* verb : program.get_subcommands({})) verb->get_formatter()->column_width(width);
}

}  // namespace tokenyard
