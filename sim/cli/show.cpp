#include "cli/verbs.hpp"

#include "input/input.hpp"
#include "pipeline/predict.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::string file, schedule, calibration;
    int ranks = 0;
    std::vector<std::string> overrides;
};

std::string shown(const Cluster& cluster) { return as_yaml(cluster) + links_as_text(fabric_of(cluster)); }
std::string shown(const Workload& workload) { return as_yaml(workload); }
std::string shown(const Costs& costs) { return as_yaml(costs); }

/// How NCCL would schedule equal sizes on the cluster.
std::string shown_schedule(const Arguments& arguments) {
    const auto one = read_one(arguments.file, as_overrides(arguments.overrides), fabric_of);
    const auto* cluster = std::get_if<Cluster>(&one);
    if (!cluster) throw CLI::ValidationError("--schedule", "found no cluster; expected one, whose ranks NCCL schedules");
    const Fabric fabric = fabric_of(*cluster);
    if (arguments.ranks > fabric.rank_count())
        throw CLI::ValidationError(
            "--ranks", fmt::format("found {}; expected at most the cluster's {} GPUs", arguments.ranks, fabric.rank_count()));
    const Bytes volume = read_size("--schedule", arguments.schedule);
    const Costs costs = read_calibration(calibration_for(arguments.calibration, cluster->calibration));
    const int ranks = arguments.ranks > 0 ? arguments.ranks : fabric.rank_count();
    return schedule_as_text(summarise_nccl(fabric, ranks, volume, costs), volume);
}

}  // namespace

void add_show(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("show", "Print every key in effect, defaults included, and a cluster's links");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("FILE", arguments->file, "A cluster, a workload or a calibration: a file, a preset, or -")->required();
    add_set_option(*verb, arguments->overrides);
    CLI::Option* schedule = verb->add_option("--schedule", arguments->schedule,
                                             "Instead, how NCCL schedules so many bytes a peer, such as \"4 MiB\", on a cluster");
    verb->add_option("--calibration", arguments->calibration, calibration_help)->needs(schedule);
    verb->add_option("--ranks", arguments->ranks, "Of the cluster's first GPUs; all unless given")
        ->check(CLI::Range(1, 65536))
        ->needs(schedule);
    verb->callback([=] {
        if (!arguments->schedule.empty()) {
            write_output("-", shown_schedule(*arguments));
            return;
        }
        write_output("-", std::visit([](const auto& value) { return shown(value); },
                                     read_one(arguments->file, as_overrides(arguments->overrides), fabric_of)));
    });
}

}  // namespace tokenyard
