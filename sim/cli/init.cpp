// SPDX-License-Identifier: Apache-2.0
#include "cli/init.hpp"

#include "cli/wrong_words.hpp"

#include "input/templates.hpp"
#include "report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::string kind, chip = "h100_sxm", nic, host, model = "deepseek_v3_decode", cluster = "dgx_h100_x4",
                      workload = "deepseek_v3_decode", out = "-";
    int nodes = 0, gpus = 0;
};

/// Options that would change nothing are refused.
void expect_options_of(const std::string& kind, const CLI::App& verb) {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> options{
        {"cluster", {"--gpu", "--nic", "--host", "--nodes", "--gpus"}},
        {"workload", {"--model"}},
        {"study", {"--cluster", "--workload"}}};
    for (const auto& [other, names] : options)
        for (const std::string& name : names)
            if (other != kind && verb.count(name) > 0)
                throw CLI::ValidationError(name, fmt::format("found it beside {}; expected it beside {}", kind, other));
}

std::string made(const Arguments& arguments) {
    if (arguments.kind == "workload") return workload_template(arguments.model);
    if (arguments.kind == "study") return study_template(arguments.cluster, arguments.workload);
    ClusterWish wish{arguments.chip, {}, {}, {}, {}};
    if (!arguments.nic.empty()) wish.nic = arguments.nic;
    if (!arguments.host.empty()) wish.host = arguments.host;
    if (arguments.nodes > 0) wish.nodes = arguments.nodes;
    if (arguments.gpus > 0) wish.gpus = arguments.gpus;
    return cluster_template(wish);
}

/// Names that are looked up when the option is given, and not for every other verb: they are read out of all shipped files.
CLI::Validator one_of_those(std::vector<std::string> (*list)()) {
    return CLI::Validator(
        [list](std::string& word) {
            CLI::Validator known = one_of(list());
            return known(word);
        },
        "");
}

}  // namespace

void add_init(CLI::App& program) {
    CLI::App* verb =
        program.add_subcommand("init", "A file to start from: a cluster made of parts, a workload or a study, with comments");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("KIND", arguments->kind, "What is wanted")->required()->check(one_of({"cluster", "workload", "study"}));
    constexpr int most_nodes = 65536, most_gpus = 1024;
    verb->add_option("--gpu", arguments->chip, "Of a cluster: a chip of `tokenyard list chips`")
        ->check(one_of_those(chips_of_clusters))
        ->capture_default_str();
    verb->add_option("--nic", arguments->nic,
                     "Of a cluster: a NIC of `tokenyard list nics`; unless given as on a shipped cluster")
        ->check(one_of_those(nics_of_clusters));
    verb->add_option("--host", arguments->host, "Of a cluster: a host of `tokenyard list hosts`")
        ->check(one_of_those(hosts_of_parts));
    verb->add_option("--nodes", arguments->nodes, "Of a cluster: how many machines")->check(CLI::Range(1, most_nodes));
    verb->add_option("--gpus", arguments->gpus, "Of a cluster: how many GPUs a machine has")->check(CLI::Range(1, most_gpus));
    verb->add_option("--model", arguments->model, "Of a workload: the shipped one whose values it starts with")
        ->check(one_of_those(whole_workloads))
        ->capture_default_str();
    verb->add_option("--cluster", arguments->cluster, "Of a study: what it is of")->capture_default_str();
    verb->add_option("--workload", arguments->workload, "Of a study: what it is of")->capture_default_str();
    verb->add_option("--out", arguments->out, "The file to write, which must not be there yet; - is standard output")
        ->capture_default_str();
    verb->callback([=] {
        expect_options_of(arguments->kind, *verb);
        std::error_code failed;
        if (arguments->out != "-" && std::filesystem::exists(arguments->out, failed))
            throw CLI::ValidationError(
                "--out", fmt::format("found '{}', which is there already; expected a file that is not", arguments->out));
        write_output(arguments->out, made(*arguments));
    });
}

}  // namespace tokenyard
