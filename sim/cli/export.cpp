// SPDX-License-Identifier: Apache-2.0
#include "cli/matrix_options.hpp"
#include "cli/verbs.hpp"
#include "cli/wrong_words.hpp"

#include "export/chakra.hpp"
#include "export/export.hpp"
#include "input/input.hpp"
#include "input/scaled_matrix.hpp"
#include "pipeline/predict.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::string cluster, workload, matrix, matrix_scale;
    SoftwareChoice software;
    std::vector<std::string> overrides;
    std::string algorithm = std::string(reference_algorithm().name), phase = "dispatch", to, out = "-";
};

Case read(const Arguments& arguments) {
    const std::vector<Override> overrides = as_overrides(arguments.overrides);
    if (arguments.matrix.empty())
        return read_case(arguments.cluster, arguments.workload, overrides, fabric_of, arguments.software);
    return read_scaled_matrix_case(arguments.cluster, arguments.matrix, scale_asked_for(arguments.matrix_scale), overrides,
                                   fabric_of, arguments.software);
}

Schedule planned(const Arguments& arguments, const Case& one, const Fabric& fabric, const Traffic& traffic) {
    const Algorithm& algorithm = *find_algorithm(arguments.algorithm);
    if (const std::string reason = refusal(algorithm, traffic, fabric, one.costs); !reason.empty())
        throw CLI::ValidationError("--algorithm " + arguments.algorithm, reason);
    return plan_phase(one, fabric, traffic, algorithm, arguments.phase == "combine" ? Direction::combine : Direction::dispatch);
}

/// A file a rank: OUT.0.et, OUT.1.et, ...
void export_chakra(const Arguments& arguments) {
    if (arguments.out == "-")
        throw CLI::ValidationError("--out",
                                   "found standard output; expected what the names of traces start with, such as trace for "
                                   "trace.0.et, trace.1.et, ...");
    const Case one = read(arguments);
    say_notes(one.origins);
    const Traffic traffic = make_traffic(one, fabric_of(one.cluster));
    std::vector<ChakraPhase> phases;
    if (arguments.phase != "combine") phases.push_back({"dispatch", traffic.dispatch.volumes});
    if (arguments.phase != "dispatch") phases.push_back({"combine", traffic.combine.volumes});
    write_chakra(phases,
                 [&](int rank, const std::string& trace) { write_output(fmt::format("{}.{}.et", arguments.out, rank), trace); });
}

std::string exported(const Arguments& arguments) {
    const Case one = read(arguments);
    say_notes(one.origins);
    const Fabric fabric = fabric_of(one.cluster);
    if (arguments.to == "htsim-topology") return as_htsim_topology(one.cluster, fabric);
    if (arguments.to == "simgrid-xml") return as_simgrid_platform(fabric);
    const Traffic traffic = make_traffic(one, fabric);
    if (arguments.to == "matrix") return as_matrix((arguments.phase == "combine" ? traffic.combine : traffic.dispatch).volumes);
    const Schedule schedule = planned(arguments, one, fabric, traffic);
    return arguments.to == "goal" ? as_goal(fabric, schedule) : as_htsim_connections(one.cluster, fabric, schedule);
}

}  // namespace

void add_export(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("export", "The same exchange for another simulator, or for nccl-tests");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("CLUSTER", arguments->cluster, "A YAML file, the name of a preset, or - for standard input")->required();
    CLI::Option* workload = verb->add_option("WORKLOAD", arguments->workload, "The same for a workload");
    add_matrix_options(*verb, arguments->matrix, arguments->matrix_scale)->excludes(workload);
    verb->add_option("--to", arguments->to,
                     "matrix (alltoallv_perf), chakra (execution traces), goal (LogGOPSim), htsim (connections), htsim-topology, "
                     "simgrid-xml (platform)")
        ->check(one_of({"matrix", "chakra", "goal", "htsim", "htsim-topology", "simgrid-xml"}))
        ->required();
    verb->add_option("--phase", arguments->phase, "Which half of the exchange; both of them is for chakra alone")
        ->check(one_of({"dispatch", "combine", "both"}))
        ->capture_default_str();
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms()) names.emplace_back(algorithm.name);
    verb->add_option("--algorithm", arguments->algorithm, "Whose schedule goal and htsim get")
        ->check(one_of(names))
        ->capture_default_str();
    add_software_options(*verb, arguments->software);
    add_set_option(*verb, arguments->overrides);
    verb->add_option("--out", arguments->out,
                     "The file to write; - is standard output. Of chakra what the names of its files start with")
        ->capture_default_str();
    verb->callback([=] {
        if (arguments->workload.empty() && arguments->matrix.empty()) throw CLI::RequiredError("WORKLOAD or --matrix");
        if (arguments->phase == "both" && arguments->to != "chakra")
            throw CLI::ValidationError("--phase",
                                       "found both; expected dispatch or combine, of which --to " + arguments->to + " has one");
        try {
            if (arguments->to == "chakra") {
                export_chakra(*arguments);
                return;
            }
            write_output(arguments->out, exported(*arguments));
        } catch (const CannotExport& refused) {
            throw CLI::ValidationError("--to " + arguments->to, refused.what());
        }
    });
}

}  // namespace tokenyard
