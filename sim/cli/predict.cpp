// SPDX-License-Identifier: Apache-2.0
#include "cli/algorithm_list.hpp"
#include "cli/matrix_options.hpp"
#include "cli/percentage.hpp"
#include "cli/progress_bar.hpp"
#include "cli/seed.hpp"
#include "cli/verbs.hpp"
#include "cli/wrong_words.hpp"

#include "input/expert_map_file.hpp"
#include "input/input.hpp"
#include "input/judged_rows.hpp"
#include "input/scaled_matrix.hpp"
#include "page/page.hpp"
#include "pipeline/layer.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>

namespace tokenyard {
namespace {

struct Arguments {
    std::string cluster, workload, matrix, matrix_scale, routing, map;
    SoftwareChoice software;
    std::vector<std::string> overrides;
    std::string seed;
    bool is_quiet = false, is_verbose = false, wants_layer = false, wants_why = false, wants_sensitivity = false;
    std::string overlap;
    std::string algorithm, engine = "auto", accuracy;
    std::string json, html, trace, links, ranks, matrix_out, combine_matrix_out, routing_out, popularity_out, workload_out;
};

Case read(const Arguments& arguments) {
    std::vector<Override> overrides = as_overrides(arguments.overrides);
    if (!arguments.seed.empty()) overrides.push_back({"seed", arguments.seed});
    if (!arguments.routing.empty()) {
        std::string file;
        for (const char letter : arguments.routing) file += letter == '\'' ? "''" : std::string(1, letter);
        overrides.push_back({"workload.routing", fmt::format("{{kind: trace, file: '{}'}}", file)});
        overrides.push_back({"workload.batch", "~"});
    }
    if (!arguments.matrix.empty())
        return read_scaled_matrix_case(arguments.cluster, arguments.matrix, scale_asked_for(arguments.matrix_scale), overrides,
                                       fabric_of, arguments.software);
    if (arguments.map.empty()) return read_case(arguments.cluster, arguments.workload, overrides, fabric_of, arguments.software);
    // The workload's own placement need not fit any more; one that fits all is read in its place, and then replaced by the map.
    const std::vector<Override> asked_for = overrides;
    for (const Override& given : asked_for)
        if (given.path.starts_with("placement") || given.path.starts_with("workload.placement"))
            throw CLI::ValidationError("--map", fmt::format("found it beside --set {}; expected one of both", given.path));
    overrides.push_back({"workload.placement", "{kind: round-robin}"});
    Case one = read_case(arguments.cluster, arguments.workload, overrides, fabric_of, arguments.software);
    one.inputs.overrides = asked_for;
    take_expert_map(arguments.map, one);
    return one;
}

std::optional<EngineKind> engine_named(const std::string& name) {
    if (name == "simgrid") return EngineKind::simgrid;
    if (name == "fluid") return EngineKind::fluid;
    return {};
}

/// "exact" or a percentage, as a part of 1; nothing when it is neither.
std::optional<Accuracy> as_accuracy(const std::string& text) {
    if (text == "exact") return exact;
    constexpr double least = 1e-6, most = 10;  // per cent: rounding; more than a rough idea
    const std::optional<double> part = as_percentage(text, least, most);
    return part ? std::optional(Accuracy{*part}) : std::nullopt;
}

std::string wrong_accuracy(const std::string& text) {
    return as_accuracy(text) ? "" : fmt::format("found '{}'; expected exact, or from 0.000001% to 10%", text);
}

/// Those that are compared and can carry it out. Where there is none, the first one's reason is the user's error.
std::vector<const Algorithm*> compared(const Arguments& arguments, const Case& one, const Fabric& fabric,
                                       const Traffic& traffic) {
    std::vector<const Algorithm*> some;
    if (!are_several(arguments.algorithm) || arguments.algorithm == every_algorithm) return some;
    std::vector<std::string> reasons;
    for (const std::string& name : names_in(arguments.algorithm)) {
        some.push_back(find_algorithm(name));
        reasons.push_back(refusal(*some.back(), traffic, fabric, one.costs));
    }
    if (std::ranges::none_of(reasons, &std::string::empty))
        throw CLI::ValidationError("--algorithm " + arguments.algorithm, reasons[0]);
    return some;
}

std::optional<LayerOverlap> overlap_asked_for(const Arguments& arguments) {
    if (!arguments.wants_layer && arguments.overlap.empty()) return {};
    return arguments.overlap == "two-batch" ? LayerOverlap::two_batch : LayerOverlap::none;
}

/// The same text for every spelling of a file; empty for what is none, or is a device or a pipe.
std::string spelt_out(const std::string& file) {
    std::error_code failed;
    const std::filesystem::file_status status = std::filesystem::status(file, failed);
    if (file.empty() || (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))) return {};
    return file == "-" ? file : std::filesystem::weakly_canonical(file, failed).string();
}

/// Two outputs in one file would leave the last, two on standard output a mixture, and one over an input, be it named by
/// another one, would be the end of it.
void expect_different_outputs(const Arguments& arguments, const InputRecord& inputs) {
    std::set<std::string> seen;
    for (const std::vector<InputFile>* files : {&inputs.cluster, &inputs.workload, &inputs.calibration, &inputs.parts})
        for (const InputFile& input : *files)
            if (input.path != "-") seen.insert(spelt_out(input.path));
    for (const std::string& file :
         {arguments.json, arguments.html, arguments.trace, arguments.links, arguments.ranks, arguments.matrix_out,
          arguments.combine_matrix_out, arguments.routing_out, arguments.popularity_out, arguments.workload_out})
        if (const std::string name = spelt_out(file); !name.empty() && !seen.insert(name).second)
            throw CLI::ValidationError(file, "found as another output, or as an input; expected a file of its own");
}

/// On standard error too, as --quiet and --json print no table.
void say_misfits(const Prediction& prediction) {
    if (const std::string why = misfit(prediction.memory); !why.empty())
        fmt::print(stderr, "tokenyard: {} {}\n", prediction.algorithm, why);
}
void say_misfits(const Comparison& comparison) {
    for (const Prediction& prediction : comparison.predictions) say_misfits(prediction);
}

template <class Ask>
auto with_progress(const Arguments& arguments, const Ask& ask, const Case& one, const Fabric& fabric, const Traffic& traffic) {
    const AlgorithmChoice choice = algorithm_asked_for(arguments.algorithm, one, fabric, traffic);
    const Algorithm* algorithm = choice.algorithm;
    if (const std::string reason = algorithm ? refusal(*algorithm, traffic, fabric, one.costs) : ""; !reason.empty())
        throw CLI::ValidationError(fmt::format("--algorithm {}", algorithm->name), reason);
    if (const std::optional<LayerOverlap> overlap = overlap_asked_for(arguments))
        if (const std::string reason = refusal_of_layer(one, fabric, algorithm ? *algorithm : reference_algorithm(), *overlap);
            !reason.empty())
            throw CLI::ValidationError(arguments.overlap.empty() ? "--layer" : "--overlap " + arguments.overlap, reason);
    const std::vector<JudgedRow> record = shipped_judged_rows();
    ProgressBar bar;
    return ask(
        one, fabric, traffic,
        {algorithm, engine_named(arguments.engine), as_accuracy(arguments.accuracy), [&](double part) { bar.show(part); },
         overlap_asked_for(arguments), arguments.wants_why || !arguments.html.empty(), arguments.wants_sensitivity,
         !arguments.trace.empty() || !arguments.html.empty(), compared(arguments, one, fabric, traffic), record, choice.reason});
}

template <class Write>
void write_trace(const std::string& file, const Prediction& prediction, const Write& write) {
    write(file, [&] { return as_event_trace(prediction); });
    if (const std::string merged = file.empty() ? "" : merged_in_trace(prediction); !merged.empty())
        fmt::print(stderr, "tokenyard: merged in {}: {}\n", file == "-" ? "the trace" : file, merged);
}

void predict_and_report(const Arguments& arguments) {
    if (const std::string reason = arguments.html.empty() ? "" : refusal_of_page(); !reason.empty())
        throw std::runtime_error("--html: " + reason);
    const Case one = read(arguments);
    say_notes(one.origins);
    expect_different_outputs(arguments, one.inputs);
    const Fabric fabric = fabric_of(one.cluster);
    const Traffic traffic = make_traffic(one, fabric);
    if (!arguments.routing_out.empty() && !std::holds_alternative<TokenWorkload>(one.workload.traffic))
        throw CLI::ValidationError("--routing-out", "found routing kind matrix, which has no tokens; expected another kind");
    if (const std::string reason = arguments.workload_out.empty() ? "" : refusal_for_gpu(one.workload); !reason.empty())
        throw CLI::ValidationError("--workload-out", reason);
    const bool is_popularity_asked_for = !arguments.popularity_out.empty() || !arguments.workload_out.empty();
    const std::vector<std::uint32_t> popularity = is_popularity_asked_for ? popularity_of(one) : std::vector<std::uint32_t>();
    if (!arguments.popularity_out.empty() && popularity.empty())
        throw CLI::ValidationError("--popularity-out",
                                   "found routing kind trace or matrix, which draws nothing; expected another kind");
    bool is_stdout_taken = false;
    const auto write = [&](const std::string& file, const auto& text) {
        if (file.empty()) return;
        is_stdout_taken |= file == "-";
        write_output(file, text());
    };
    const auto answer = [&](const auto& result) {
        say_misfits(result);
        write(arguments.json, [&] { return as_json(result, one); });
        if constexpr (requires { as_page_data(result, one, fabric, traffic.dispatch, traffic.combine); })
            write(arguments.html,
                  [&] { return as_prediction_page(as_page_data(result, one, fabric, traffic.dispatch, traffic.combine)); });
        if constexpr (requires { merged_in_trace(result); }) write_trace(arguments.trace, result, write);
        if constexpr (requires { links_as_csv(result); }) write(arguments.links, [&] { return links_as_csv(result); });
        if constexpr (requires { ranks_as_csv(result); }) write(arguments.ranks, [&] { return ranks_as_csv(result); });
        write(arguments.matrix_out, [&] { return as_matrix(traffic.dispatch.volumes); });
        write(arguments.combine_matrix_out, [&] { return as_matrix(traffic.combine.volumes); });
        write(arguments.routing_out, [&] { return as_trace(routing_of(one)); });
        write(arguments.popularity_out, [&] { return as_lines(popularity); });
        write(arguments.workload_out, [&] { return as_flat_workload(one, popularity, traffic.dispatch.tokens->counts); });
        if (!arguments.is_quiet && !is_stdout_taken)
            write_output("-", as_text(result, one.inputs, arguments.is_verbose ? Detail::full : Detail::brief));
    };
    if (are_several(arguments.algorithm)) answer(with_progress(arguments, compare_algorithms, one, fabric, traffic));
    else answer(with_progress(arguments, predict, one, fabric, traffic));
}

void add_outputs(CLI::App& verb, Arguments& arguments, CLI::Option& matrix) {
    const auto add = [&](const char* name, std::string& file, const char* help) {
        const auto is_named = [](const std::string& text) {
            const bool is_option = text.size() > 1 && text[0] == '-';  // a file of that name can be given as ./-name
            return text.empty() || is_option ? "found '" + text + "'; expected a file, or - for standard output" : std::string();
        };
        return verb.add_option(name, file, help)->check(CLI::Validator(is_named, ""));
    };
    add("--json", arguments.json, "Write the prediction as JSON; - is standard output");
    add("--html", arguments.html, "Write a page that shows all of it and needs nothing else, to be opened in a browser");
    add("--trace", arguments.trace, "Write when ranks sent what and how full links were, as Perfetto and Chrome open it");
    add("--links", arguments.links, "Write the ledger of every link as CSV");
    add("--ranks", arguments.ranks,
        "Write what each rank does and waits for as CSV: of the layer where there is one, else of each phase");
    add("--matrix-out", arguments.matrix_out, "Write dispatch's S(i,k) in bytes, as alltoallv_perf reads it");
    add("--combine-matrix-out", arguments.combine_matrix_out, "The same for combine");
    add("--routing-out", arguments.routing_out, "Write the routing, a line a token, as routing kind trace reads it")
        ->excludes(&matrix);
    add("--popularity-out", arguments.popularity_out,
        "Write how popular each expert is, a whole number a line, as tokenyard-gpu reads it")
        ->excludes(&matrix);
    add("--workload-out", arguments.workload_out,
        "Write the workload and its S(i,k) in copies as tokenyard-gpu exchange reads them")
        ->excludes(&matrix);
}

}  // namespace

void add_predict(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("predict", "How long dispatch and combine take, and what holds them back");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("CLUSTER", arguments->cluster, "A YAML file, the name of a preset, or - for standard input")->required();
    CLI::Option* workload = verb->add_option("WORKLOAD", arguments->workload, "The same for a workload");
    CLI::Option* matrix = add_matrix_options(*verb, arguments->matrix, arguments->matrix_scale);
    matrix->excludes(workload);
    verb->add_option("--routing", arguments->routing,
                     "Recorded expert ids instead of the workload's routing and batch: .npy (ids.npy#3 is layer 3), or CSV as "
                     "--routing-out writes it")
        ->excludes(matrix);
    verb->add_option(
            "--map", arguments->map,
            "Where experts are, instead of the workload's placement: a map as EPLB, SGLang or vLLM Ascend has it (map.json#3 "
            "is layer 3)")
        ->excludes(matrix);
    verb->add_option("--seed", arguments->seed, "Seed of every draw, instead of the workload's")
        ->check(CLI::Validator(wrong_seed, ""))
        ->excludes(matrix);
    add_software_options(*verb, arguments->software);
    add_set_option(*verb, arguments->overrides);
    verb->add_option(
            "--algorithm", arguments->algorithm,
            "How the exchange is carried out; several with commas between, or all, are compared; unless given that of --library, "
            "else of the workload, else nccl")
        ->check(CLI::Validator(wrong_algorithms, ""));
    verb->add_option("--engine", arguments->engine, "auto picks simgrid for few transfers and fluid for many")
        ->check(one_of({"auto", "simgrid", "fluid"}))
        ->capture_default_str();
    verb->add_option("--accuracy", arguments->accuracy,
                     "Of the fluid engine: exact, or how far completions may be off, such as 0.1%")
        ->check(CLI::Validator(wrong_accuracy, ""));
    verb->add_flag("--layer", arguments->wants_layer,
                   "Simulate the whole MoE layer too: gate, experts, and what a rank waits for");
    verb->add_option("--overlap", arguments->overlap, "The layer with one micro-batch, or with two that run against each other")
        ->check(one_of({"none", "two-batch"}));
    verb->add_flag(
        "--explain", arguments->wants_why,
        "Why each phase takes as long: what held it, for whose tokens, the chain of waits, and what each cost adds to its bytes");
    verb->add_flag("--sensitivity", arguments->wants_sensitivity,
                   "What would change it: simulated anew with each class of resource faster, a NIC fewer, perfect balance");
    add_outputs(*verb, *arguments, *matrix);
    verb->add_flag("-v,--verbose", arguments->is_verbose, "Print inputs, costs, routing, memory, engine, volumes and bounds too");
    verb->add_flag("--quiet", arguments->is_quiet, "Print no table");
    verb->callback([=] {
        if (arguments->workload.empty() && arguments->matrix.empty()) throw CLI::RequiredError("WORKLOAD or --matrix");
        for (const auto& [name, file] : {std::pair{"--links", &arguments->links}, std::pair{"--ranks", &arguments->ranks},
                                         std::pair{"--trace", &arguments->trace}, std::pair{"--html", &arguments->html}})
            if (are_several(arguments->algorithm) && !file->empty())
                throw CLI::ValidationError(name, "found several algorithms; expected one, of which it can be written");
        if (are_several(arguments->algorithm) && arguments->wants_why)
            throw CLI::ValidationError("--explain", "found several algorithms; expected one to be explained");
        if (are_several(arguments->algorithm) && arguments->wants_sensitivity)
            throw CLI::ValidationError("--sensitivity", "found several algorithms; expected one to be changed");
        if (arguments->engine == "simgrid" && as_accuracy(arguments->accuracy).value_or(exact).makespan > 0)
            throw CLI::ValidationError("--accuracy", "found --engine simgrid, which is exact; expected fluid or auto beside it");
        predict_and_report(*arguments);
    });
}

}  // namespace tokenyard
