// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs.hpp"

#include "input/input.hpp"
#include "pipeline/predict.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::string file, schedule;
    SoftwareChoice software;
    bool wants_costs = false;
    int ranks = 0;
    std::vector<std::string> overrides;
};

std::string shown(const Cluster& cluster) { return as_yaml(cluster) + links_as_text(fabric_of(cluster)); }
std::string shown(const Workload& workload) { return as_yaml(workload); }
std::string shown(const CostFile& file) { return as_yaml(file.costs, file.origins.of_costs); }

/// The cluster, without which neither costs nor a schedule are known.
Cluster cluster_of(const Arguments& arguments, const std::string& option) {
    std::vector<Override> overrides;  // those of costs are for the costs
    for (const Override& each : as_overrides(arguments.overrides))
        if (is_of_cluster(each)) overrides.push_back(each);
    const auto one = read_one(arguments.file, overrides, fabric_of);
    const auto* cluster = std::get_if<Cluster>(&one);
    if (!cluster) throw CLI::ValidationError(option, "found no cluster; expected one");
    return *cluster;
}

std::string shown_costs(const Arguments& arguments) {
    const CostFile file = read_costs_of(cluster_of(arguments, "--costs"), arguments.software, as_overrides(arguments.overrides));
    say_notes(file.origins);
    return fmt::format("# costs  {}\n", in_words(file.origins)) + shown(file);
}

/// How NCCL would schedule equal sizes on the cluster.
std::string shown_schedule(const Arguments& arguments) {
    const Cluster cluster = cluster_of(arguments, "--schedule");
    const Fabric fabric = fabric_of(cluster);
    if (arguments.ranks > fabric.rank_count())
        throw CLI::ValidationError(
            "--ranks", fmt::format("found {}; expected at most the cluster's {} GPUs", arguments.ranks, fabric.rank_count()));
    const Bytes volume = read_size("--schedule", arguments.schedule);
    const Costs costs = read_costs_of(cluster, arguments.software, as_overrides(arguments.overrides)).costs;
    const int ranks = arguments.ranks > 0 ? arguments.ranks : fabric.rank_count();
    return schedule_as_text(summarise_nccl(fabric, ranks, volume, costs), volume);
}

}  // namespace

void add_show(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("show", "Print every key in effect, defaults included, and a cluster's links");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("FILE", arguments->file, "A cluster, a workload, a part or a calibration: a file, a preset, or -")
        ->required();
    add_set_option(*verb, arguments->overrides);
    CLI::Option* schedule = verb->add_option("--schedule", arguments->schedule,
                                             "Instead, how NCCL schedules so many bytes a peer, such as \"4 MiB\", on a cluster");
    verb->add_flag("--costs", arguments->wants_costs,
                   "Instead, what things cost on a cluster, each with the part that it is from")
        ->excludes(schedule);
    add_software_options(*verb, arguments->software);
    verb->add_option("--ranks", arguments->ranks, "Of the cluster's first GPUs; all unless given")
        ->check(CLI::Range(1, 65536))
        ->needs(schedule);
    verb->callback([=] {
        if (!arguments->schedule.empty()) {
            write_output("-", shown_schedule(*arguments));
            return;
        }
        const bool wants_costs =
            arguments->wants_costs || !arguments->software.libraries.empty() || !arguments->software.calibration.empty();
        if (wants_costs) {
            write_output("-", shown_costs(*arguments));
            return;
        }
        write_output("-", std::visit([](const auto& value) { return shown(value); },
                                     read_one(arguments->file, as_overrides(arguments->overrides), fabric_of)));
    });
}

}  // namespace tokenyard
