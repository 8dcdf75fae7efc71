#include "cli/verbs.hpp"

#include "input/input.hpp"
#include "pipeline/predict.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

namespace tokenyard {
namespace {

std::string section(std::string_view title, const std::vector<PresetSummary>& presets) {
    std::string text = fmt::format("{}\n", title);
    for (const PresetSummary& preset : presets) text += fmt::format("  {:<32} {}\n", preset.name, preset.description);
    return text;
}

}  // namespace

void add_list(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("list", "Name the shipped clusters, workloads, calibrations and algorithms");
    verb->callback([] {
        std::string text = section("clusters", list_presets(FileKind::cluster)) +
                           section("workloads", list_presets(FileKind::workload)) +
                           section("calibrations", list_presets(FileKind::calibration)) + "algorithms\n";
        for (const Algorithm& algorithm : algorithms()) text += fmt::format("  {:<32} {}\n", algorithm.name, algorithm.summary);
        write_output("-", text);
    });
}

}  // namespace tokenyard
