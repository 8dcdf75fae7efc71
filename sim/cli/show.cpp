#include "cli/verbs.hpp"

#include "input/input.hpp"
#include "pipeline/predict.hpp"
#include "report/report.hpp"

#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::string file;
    std::vector<std::string> overrides;
};

std::string shown(const Cluster& cluster) { return as_yaml(cluster) + links_as_text(fabric_of(cluster)); }
std::string shown(const Workload& workload) { return as_yaml(workload); }
std::string shown(const Costs& costs) { return as_yaml(costs); }

}  // namespace

void add_show(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("show", "Print every key in effect, defaults included, and a cluster's links");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("FILE", arguments->file, "A cluster or a workload: a file, a preset, or -")->required();
    add_set_option(*verb, arguments->overrides);
    verb->callback([=] {
        write_output("-", std::visit([](const auto& value) { return shown(value); },
                                     read_one(arguments->file, as_overrides(arguments->overrides))));
    });
}

}  // namespace tokenyard
