// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs.hpp"

#include "input/case_files.hpp"
#include "input/data_files.hpp"
#include "input/input.hpp"
#include "input/record_reader.hpp"
#include "input/shipped.hpp"
#include "input/study_reader.hpp"
#include "pipeline/predict.hpp"
#include "report/report.hpp"
#include "study/study.hpp"

#include <fmt/format.h>

#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::vector<std::string> files, overrides;
};

std::string summary(const Cluster& cluster) {
    return fmt::format("cluster {}, {} GPUs on {} nodes", cluster.name, gpu_count(cluster), node_count(cluster));
}

std::string summary(const Workload& workload) {
    return workload.ranks > 0 ? fmt::format("workload {}, {} ranks", workload.name, workload.ranks)
                              : fmt::format("workload {}, for any cluster that it fits", workload.name);
}

std::vector<std::string> names_of_algorithms() {
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms()) names.emplace_back(algorithm.name);
    return names;
}

/// A study with the files that it names, whose cases are not made yet; or a record with all of its rows.
std::string checked(const std::string& file, PresetKind kind) {
    const std::vector<std::string> names = names_of_algorithms();
    if (kind == PresetKind::record) {
        const Record record = read_record(file, {names.begin(), names.end()}, fabric_of, {});
        return fmt::format("record {}, {} rows", record.name, record.rows.size());
    }
    const Study study = read_study(file, names);
    CaseFiles(fabric_of).load(study);
    const std::optional<std::size_t> cases = case_count(study);
    if (!cases)
        throw InputError({std::make_shared<const TextName>(TextName{file, "."})},
                         fmt::format("found more than {} cases; expected fewer", most_cases));
    return fmt::format("study {}, {} cases", study.name, *cases);
}

std::string summary(const CostFile& file) { return fmt::format("{} {}", file.kind, file.costs.name); }

/// What those of the files are that hold ids, maps, matrices or shares, checked against the model of a workload among the others;
/// nothing for the others.
std::vector<std::optional<std::string>> check_data_files(const std::vector<std::string>& files,
                                                         const std::vector<Override>& overrides) {
    std::vector<std::optional<std::string>> found;
    bool is_any = false;
    for (const std::string& file : files) {
        found.push_back(checked_data_file(file, {}));
        is_any = is_any || found.back();
    }
    if (!is_any) return found;
    std::optional<Model> model;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (found[i]) continue;
        try {
            const auto one = read_one(files[i], overrides, fabric_of);
            const auto* workload = std::get_if<Workload>(&one);
            const auto* tokens = workload ? std::get_if<TokenWorkload>(&workload->traffic) : nullptr;
            if (tokens) model = tokens->model;
        } catch (const InputError&) {
            // Said with what else is wrong, when all files are read.
        }
    }
    for (std::size_t i = 0; model && i < files.size(); ++i)
        if (found[i]) found[i] = checked_data_file(files[i], model);
    return found;
}

/// A cluster and a workload given together must fit each other too. Gives a line a file, once all are good.
std::string check_all(const Arguments& arguments) {
    const std::vector<Override> overrides = as_overrides(arguments.overrides);
    if (arguments.files.size() == 2 && !overrides.empty()) {
        const Case one = read_case(arguments.files[0], arguments.files[1], overrides, fabric_of);
        return fmt::format("{}: {}\n{}: {}\n", arguments.files[0], summary(one.cluster), arguments.files[1],
                           summary(one.workload));
    }
    const std::vector<std::optional<std::string>> of_data = check_data_files(arguments.files, overrides);
    std::string lines;
    std::vector<std::size_t> clusters, workloads;
    Refusals refusals;
    for (std::size_t i = 0; i < arguments.files.size(); ++i) {
        if (of_data[i]) {
            lines += fmt::format("{}: {}\n", arguments.files[i], *of_data[i]);
            continue;
        }
        refusals.attempt([&] {
            if (const std::optional<PresetKind> kind = study_or_record(arguments.files[i])) {
                lines += fmt::format("{}: {}\n", arguments.files[i], checked(arguments.files[i], *kind));
                return;
            }
            const auto one = read_one(arguments.files[i], overrides, fabric_of);
            if (std::holds_alternative<Cluster>(one)) clusters.push_back(i);
            if (std::holds_alternative<Workload>(one)) workloads.push_back(i);
            lines +=
                fmt::format("{}: {}\n", arguments.files[i], std::visit([](const auto& value) { return summary(value); }, one));
        });
    }
    refusals.expect_none();
    if (clusters.size() == 1 && workloads.size() == 1)
        read_case(arguments.files[clusters[0]], arguments.files[workloads[0]], overrides, fabric_of);
    return lines;
}

}  // namespace

void add_check(CLI::App& program) {
    CLI::App* verb =
        program.add_subcommand("check", "Read files without running anything; a cluster and a workload are checked together too");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("FILE", arguments->files,
                     "Clusters, workloads, parts, studies and records (files, presets, or -), and matrices, recorded ids, shares "
                     "and maps of experts")
        ->required();
    add_set_option(*verb, arguments->overrides);
    verb->callback([=] { write_output("-", check_all(*arguments)); });
}

}  // namespace tokenyard
