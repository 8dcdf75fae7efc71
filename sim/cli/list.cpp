// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs.hpp"
#include "cli/wrong_words.hpp"

#include "input/input.hpp"
#include "input/shipped.hpp"
#include "pipeline/predict.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <functional>
#include <memory>

namespace tokenyard {
namespace {

using Summaries = std::vector<PresetSummary>;

Summaries list_algorithms() {
    Summaries summaries;
    for (const Algorithm& algorithm : algorithms())
        summaries.push_back({std::string(algorithm.name), std::string(algorithm.summary)});
    return summaries;
}

struct Section {
    std::string title;
    std::function<Summaries()> list;
};

const std::vector<Section>& sections() {
    static const std::vector<Section> all{
        {"clusters", [] { return list_presets(FileKind::cluster); }},
        {"workloads", [] { return list_presets(FileKind::workload); }},
        {"studies", [] { return list_shipped(PresetKind::study); }},
        {"chips", [] { return list_presets(FileKind::chip); }},
        {"nics", [] { return list_presets(FileKind::nic); }},
        {"hosts", [] { return list_presets(FileKind::host); }},
        {"libraries", [] { return list_presets(FileKind::library); }},
        {"algorithms", list_algorithms},
        {"records", [] { return list_shipped(PresetKind::record); }},
    };
    return all;
}

struct Arguments {
    std::string kind;
    bool wants_costs = false, wants_names = false;
};

std::string listed(const Arguments& arguments) {
    std::string text;
    for (const Section& section : sections()) {
        if (!arguments.kind.empty() && arguments.kind != section.title) continue;
        if (!arguments.wants_names) text += section.title + "\n";
        for (const PresetSummary& preset : section.list())
            text += arguments.wants_names ? preset.name + "\n" : fmt::format("  {:<32} {}\n", preset.name, preset.description);
    }
    return text;
}

}  // namespace

void add_list(CLI::App& program) {
    CLI::App* verb =
        program.add_subcommand("list", "Name the shipped clusters, workloads, studies, records, parts and algorithms");
    const auto arguments = std::make_shared<Arguments>();
    std::vector<std::string> kinds;
    for (const Section& section : sections()) kinds.push_back(section.title);
    CLI::Option* kind = verb->add_option("KIND", arguments->kind, "Only one kind, such as nics")->check(one_of(kinds));
    CLI::Option* names = verb->add_flag("--names", arguments->wants_names, "Only the names, one a line");
    verb->add_flag("--costs", arguments->wants_costs, "Instead, every cost that a part or a calibration may give")
        ->excludes(kind)
        ->excludes(names);
    verb->callback([=] { write_output("-", arguments->wants_costs ? costs_as_text() : listed(*arguments)); });
}

}  // namespace tokenyard
