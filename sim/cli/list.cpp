// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs.hpp"

#include "input/input.hpp"
#include "pipeline/predict.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <memory>

namespace tokenyard {
namespace {

std::string section(std::string_view title, const std::vector<PresetSummary>& presets) {
    std::string text = fmt::format("{}\n", title);
    for (const PresetSummary& preset : presets) text += fmt::format("  {:<32} {}\n", preset.name, preset.description);
    return text;
}

}  // namespace

void add_list(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("list", "Name the shipped clusters, workloads, parts and algorithms");
    const auto wants_costs = std::make_shared<bool>(false);
    verb->add_flag("--costs", *wants_costs, "Instead, every cost that a part or a calibration may give");
    verb->callback([=] {
        if (*wants_costs) {
            write_output("-", costs_as_text());
            return;
        }
        std::string text = section("clusters", list_presets(FileKind::cluster)) +
                           section("workloads", list_presets(FileKind::workload)) +
                           section("chips", list_presets(FileKind::chip)) + section("nics", list_presets(FileKind::nic)) +
                           section("hosts", list_presets(FileKind::host)) +
                           section("libraries", list_presets(FileKind::library)) + "algorithms\n";
        for (const Algorithm& algorithm : algorithms()) text += fmt::format("  {:<32} {}\n", algorithm.name, algorithm.summary);
        write_output("-", text);
    });
}

}  // namespace tokenyard
