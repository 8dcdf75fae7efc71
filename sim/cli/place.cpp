// SPDX-License-Identifier: Apache-2.0
#include "cli/algorithm_list.hpp"
#include "cli/own_files.hpp"
#include "cli/percentage.hpp"
#include "cli/progress_bar.hpp"
#include "cli/seed.hpp"
#include "cli/verbs.hpp"
#include "cli/wrong_words.hpp"

#include "input/input.hpp"
#include "input/judged_rows.hpp"
#include "pipeline/place.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::string cluster, workload, map, seed;
    SoftwareChoice software;
    std::vector<std::string> overrides, layers;
    std::string algorithm, phase = "both", window, score;
    int redundant = -1, evaluations = 50;
    std::string out, format = "eplb", json;
    bool is_quiet = false;
};

/// "0%:50%"; nothing when it is no part.
std::optional<WindowPart> as_part(const std::string& text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) return {};
    const std::optional<double> begin = as_percentage(text.substr(0, colon), 0, 100);
    const std::optional<double> end = as_percentage(text.substr(colon + 1), 0, 100);
    return begin && end && *begin < *end ? std::optional(WindowPart{*begin, *end}) : std::nullopt;
}

std::string wrong_part(const std::string& text) {
    return as_part(text) ? "" : fmt::format("found '{}'; expected a part of each rank's tokens, such as 0%:50%", text);
}

PlacementAim aim_named(const std::string& name) {
    if (name == "dispatch") return PlacementAim::dispatch;
    if (name == "combine") return PlacementAim::combine;
    return name == "layer" ? PlacementAim::layer : PlacementAim::both;
}

SlotsFormat format_named(const std::string& name) {
    if (name == "sglang") return SlotsFormat::sglang;
    return name == "vllm-ascend" ? SlotsFormat::vllm_ascend : SlotsFormat::eplb;
}

std::string in_yaml_quotes(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    return quoted + "'";
}

/// A case for each layer: of the workload's own routing, or of each trace.
std::vector<Case> read_layers(const Arguments& arguments) {
    std::vector<Override> overrides = as_overrides(arguments.overrides);
    if (!arguments.seed.empty()) overrides.push_back({"seed", arguments.seed});
    const auto read = [&](const std::vector<Override>& all) {
        Case one = read_case(arguments.cluster, arguments.workload, all, fabric_of, arguments.software);
        if (!std::holds_alternative<TokenWorkload>(one.workload.traffic))
            throw CLI::ValidationError("WORKLOAD", "found routing kind matrix, which has no tokens; expected another kind");
        return one;
    };
    if (arguments.layers.empty()) return {read(overrides)};
    std::vector<Case> cases;
    for (const std::string& file : arguments.layers) {
        std::vector<Override> of_layer = overrides;
        of_layer.push_back({"routing", fmt::format("{{kind: trace, file: {}}}", in_yaml_quotes(file))});
        of_layer.push_back({"batch", "~"});  // as many tokens as were recorded
        cases.push_back(read(of_layer));
    }
    return cases;
}

/// Slots in all; throws where they cannot be spread evenly, or do not hold every expert.
int slots_of(const Arguments& arguments, const Case& one, const std::vector<ExpertSlots>& given) {
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    const int experts = workload.model.experts, ranks = one.workload.ranks;
    int slots = given.empty() ? slot_count(workload) : static_cast<int>(given.front().size());
    if (arguments.redundant >= 0) slots = experts + arguments.redundant;
    if (slots % ranks != 0)
        throw CLI::ValidationError("--redundant",
                                   fmt::format("found {} slots for {} experts on {} ranks; expected a multiple of the ranks, "
                                               "such as --redundant {}",
                                               slots, experts, ranks, (experts + ranks - 1) / ranks * ranks - experts));
    if (slots / ranks > experts)
        throw CLI::ValidationError(
            "--redundant", fmt::format("found {} slots a rank; expected no more than the {} experts", slots / ranks, experts));
    return slots;
}

std::vector<ExpertSlots> read_map(const Arguments& arguments, const Case& one, std::size_t layers) {
    if (arguments.map.empty()) return {};
    const int experts = std::get<TokenWorkload>(one.workload.traffic).model.experts;
    std::vector<ExpertSlots> given = read_expert_slots(arguments.map, experts, one.workload.ranks);
    if (given.size() != layers)
        throw CLI::ValidationError(
            "--map", fmt::format("found {} layers in '{}'; expected {}, one for each routing ({}#0 is the first)", given.size(),
                                 arguments.map, layers, arguments.map));
    return given;
}

PlacementReport report_on(const Arguments& arguments, const Case& one, const Fabric& fabric, const PlaceOptions& options) {
    const EngineDescription engine = describe_engine(EngineKind::fluid, exact);
    PlacementReport report;
    report.cluster_name = one.cluster.name;
    report.workload_name = one.workload.name;
    report.costs = in_words(one.origins);
    report.algorithm = options.algorithm->name;
    report.aim = arguments.phase == "both" ? "dispatch and combine" : arguments.phase;
    report.engine = engine.name;
    report.engine_version = engine.version;
    report.ranks = one.workload.ranks;
    report.nodes = fabric.gpus[static_cast<std::size_t>(one.workload.ranks) - 1].node + 1;
    report.experts = std::get<TokenWorkload>(one.workload.traffic).model.experts;
    report.slots = options.slots;
    report.simulations = options.simulations;
    report.seed = options.seed;
    return report;
}

PlacementWindows windows_asked_for(const Arguments& arguments, const Case& one) {
    const std::optional<WindowPart> planned = as_part(arguments.window), next = as_part(arguments.score);
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    if ((planned || next) && !std::holds_alternative<TraceRouting>(workload.routing))
        throw CLI::ValidationError(planned ? "--window" : "--score",
                                   "found a routing that is drawn, whose next window is drawn too; expected routing kind trace");
    const PlacementWindows windows = windows_of(one, planned, next);
    if (windows.planned.token_count() == 0 || (windows.next && windows.next->token_count() == 0))
        throw CLI::ValidationError("--window", "found a window without tokens; expected more of them");
    return windows;
}

void place_and_report(const Arguments& arguments) {
    const std::vector<Case> cases = read_layers(arguments);
    const Case& first = cases.front();
    say_notes(first.origins);
    const std::vector<ExpertSlots> given = read_map(arguments, first, cases.size());
    std::vector<std::string> inputs = arguments.layers;
    for (const std::vector<InputFile>* files :
         {&first.inputs.cluster, &first.inputs.workload, &first.inputs.calibration, &first.inputs.parts})
        for (const InputFile& file : *files) inputs.push_back(file.path);
    inputs.push_back(arguments.map);
    inputs.push_back(arguments.map.substr(0, arguments.map.rfind('#')));  // of a map of which a layer is asked for
    expect_own_files({{"--out", arguments.out}, {"--json", arguments.json}}, inputs);

    const Fabric fabric = fabric_of(first.cluster);
    PlaceOptions options;
    options.algorithm = algorithm_asked_for(arguments.algorithm, first, fabric, make_traffic(first, fabric)).algorithm;
    options.aim = aim_named(arguments.phase);
    options.slots = slots_of(arguments, first, given);
    options.simulations = arguments.evaluations;
    options.seed = first.workload.seed;
    PlacementReport report = report_on(arguments, first, fabric, options);
    ProgressBar bar;
    for (std::size_t layer = 0; layer < cases.size(); ++layer) {
        const Case& one = cases[layer];
        const PlacementWindows windows = windows_asked_for(arguments, one);
        if (const std::string reason = refusal_of_placing(one, fabric, windows, options); !reason.empty())
            throw CLI::ValidationError(
                arguments.phase == "layer" ? "--phase layer" : fmt::format("--algorithm {}", options.algorithm->name), reason);
        options.progress = [&](double part) {
            bar.show((static_cast<double>(layer) + part) / static_cast<double>(cases.size()));
        };
        report.layers.push_back(
            place_layer(one, fabric, windows, options, given.empty() ? std::nullopt : std::optional(given[layer])));
        report.layers.back().routing = arguments.layers.empty() ? one.workload.name : arguments.layers[layer];
        report.planned_window = windows.planned_is;
        report.next_window = windows.next_is;
    }
    PredictOptions as_given;
    as_given.algorithm = options.algorithm;
    as_given.engine = EngineKind::fluid;
    const std::vector<JudgedRow> record = shipped_judged_rows();
    as_given.record = record;
    for (const Phase& phase : predict(first, fabric, make_traffic(first, fabric), as_given).phases)
        if (phase.standing) report.standings.push_back({phase.name, *phase.standing});
    std::vector<ExpertSlots> found;
    for (const LayerPlacement& layer : report.layers) found.push_back(layer.slots);
    if (!arguments.out.empty())
        write_output(arguments.out, as_slots_file(found, first.workload.ranks, format_named(arguments.format)));
    if (!arguments.json.empty()) write_output(arguments.json, as_json(report, first));
    if (!arguments.is_quiet && arguments.out != "-" && arguments.json != "-") write_output("-", as_text(report, first.inputs));
}

void add_outputs(CLI::App& verb, Arguments& arguments) {
    verb.add_option("--out", arguments.out, "Write the slots that were found; - is standard output");
    verb.add_option("--format", arguments.format, "Of --out: as EPLB gives it, or as an engine reads it")
        ->check(one_of({"eplb", "sglang", "vllm-ascend"}))
        ->capture_default_str();
    verb.add_option("--json", arguments.json, "Write times and slots as JSON; - is standard output");
    verb.add_flag("--quiet", arguments.is_quiet, "Print no table");
}

}  // namespace

void add_place(CLI::App& program) {
    CLI::App* verb =
        program.add_subcommand("place", "Search which ranks should hold which experts, against the simulated network");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("CLUSTER", arguments->cluster, "A YAML file, the name of a preset, or - for standard input")->required();
    verb->add_option("WORKLOAD", arguments->workload, "The same for a workload")->required();
    verb->add_option("--layers", arguments->layers,
                     "Traces of several layers, instead of the workload's routing; each is placed apart")
        ->take_all();
    verb->add_option(
        "--map", arguments->map,
        "What there is: a map as EPLB, SGLang or vLLM Ascend has it (map.json#3 is layer 3), instead of the workload's");
    verb->add_option("--redundant", arguments->redundant, "So many slots more than experts, instead of as many as there are")
        ->check(CLI::Range(0, 1 << 20));
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms()) names.emplace_back(algorithm.name);
    verb->add_option("--algorithm", arguments->algorithm, "How the exchange is carried out; unless given as predict chooses")
        ->check(one_of(names));
    verb->add_option("--phase", arguments->phase, "What is to be short: one phase, both, or the layer with its experts")
        ->check(one_of({"both", "dispatch", "combine", "layer"}))
        ->capture_default_str();
    verb->add_option("--window", arguments->window, "Of a trace: which part of each rank's tokens to plan on, such as 0%:50%")
        ->check(CLI::Validator(wrong_part, ""));
    verb->add_option("--score", arguments->score, "Of a trace: which part to score it on; what is behind --window")
        ->check(CLI::Validator(wrong_part, ""));
    verb->add_option("--evaluations", arguments->evaluations, "At most so many simulations of the search for each layer")
        ->check(CLI::Range(0, 1000000))
        ->capture_default_str();
    verb->add_option("--seed", arguments->seed, "Seed of every draw and of the search, instead of the workload's")
        ->check(CLI::Validator(wrong_seed, ""));
    add_software_options(*verb, arguments->software);
    add_set_option(*verb, arguments->overrides);
    add_outputs(*verb, *arguments);
    verb->callback([=] { place_and_report(*arguments); });
}

}  // namespace tokenyard
