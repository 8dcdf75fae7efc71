// SPDX-License-Identifier: Apache-2.0
#include "input/case_files.hpp"

#include "input/chip_facts.hpp"
#include "input/cluster_reader.hpp"
#include "input/expert_counts.hpp"
#include "input/faults_reader.hpp"
#include "input/id_array.hpp"
#include "input/load.hpp"
#include "input/parts.hpp"
#include "input/reckoned_sms.hpp"
#include "input/warnings.hpp"
#include "input/workload_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace tokenyard {
namespace {

/// The data file that a workload was read from, or nullptr.
const InputFile* data_behind(const Workload& workload) {
    if (const auto* matrix = std::get_if<MatrixWorkload>(&workload.traffic)) return &matrix->file;
    const RoutingSource& routing = std::get<TokenWorkload>(workload.traffic).routing;
    if (const auto* shares = std::get_if<SharesRouting>(&routing)) return &shares->file;
    if (const auto* trace = std::get_if<TraceRouting>(&routing)) return &trace->file;
    return nullptr;
}

/// Where a workload's document names its data file, or nullptr.
const YamlNode* data_mention(const YamlNode& root) {
    const YamlEntry* routing = find(root, "routing");
    if (!routing || routing->value->kind != YamlNode::Kind::map) return nullptr;
    const YamlEntry* file = find(*routing->value, "file");
    return file && file->value->kind == YamlNode::Kind::scalar ? file->value.get() : nullptr;
}

std::vector<Override> with_seed(const StudyCase& one) {
    std::vector<Override> overrides = one.overrides;
    if (one.seed) overrides.push_back({"workload.seed", std::to_string(*one.seed)});
    return overrides;
}

}  // namespace

struct CaseFiles::Loaded {
    std::map<std::pair<PresetKind, std::string>, LoadedDocument> documents;
    std::map<std::pair<std::string, std::string>, std::string> data;  // by folder and name: what identifies the bytes

    const LoadedDocument& document(const std::string& name, PresetKind kind) {
        const auto known = documents.find({kind, name});
        return known != documents.end() ? known->second
                                        : documents.emplace(std::pair{kind, name}, load_document(name, kind)).first->second;
    }

    ReadDocument reader() {
        return [this](const std::string& name, PresetKind kind) { return document(name, kind); };
    }

    /// The costs of a case of a study, as its cluster and its workload name parts.
    ComposedCosts costs_of(const StudyCase& one, const std::vector<Override>& overrides) {
        const SortedOverrides sorted = sort_overrides(overrides);
        const YamlPtr root = with_overrides(document(one.cluster.path, PresetKind::cluster).root, sorted.cluster);
        const ClusterWithChips with = with_chips(root, reader());
        ComposedCosts composed =
            compose_costs(cluster_from(with.root), libraries_of(one, sorted), one.calibration.path, sorted.calibration, reader());
        add_files(with.chips, composed.parts);
        return composed;
    }

    std::vector<FileMention> libraries_of(const StudyCase& one, const SortedOverrides& sorted) {
        const YamlPtr root = with_overrides(document(one.workload.path, PresetKind::workload).root, sorted.workload);
        const YamlEntry* libraries = root->kind == YamlNode::Kind::map ? find(*root, "libraries") : nullptr;
        if (!libraries || libraries->value->kind == YamlNode::Kind::nothing) return {};
        return libraries_from(*libraries->value);
    }

    /// SHA-256 of a data file; what is wrong with it when it cannot be read.
    const std::string& data_identity(const YamlNode& mention) {
        const auto [known, is_new] = data.try_emplace({mention.at.text->directory, mention.text});
        if (!is_new) return known->second;
        constexpr std::size_t largest = std::size_t{1} << 32;
        try {
            known->second = is_id_array(mention) || is_expert_counts(mention)
                                ? sha256_of_array(mention)
                                : sha256(read_mentioned_source(mention.text, mention.at, largest).text);
        } catch (const InputError& refusal) {
            known->second = refusal.what();
        }
        return known->second;
    }
};

CaseFiles::CaseFiles(ClusterCheck check) : check_(std::move(check)), loaded_(std::make_shared<Loaded>()) {}

void CaseFiles::load(const Study& study) {
    for (const StudyFile& file : study.clusters) loaded_->document(file.path, PresetKind::cluster);
    for (const StudyFile& file : study.workloads) loaded_->document(file.path, PresetKind::workload);
    for (const StudyFile& file : study.calibrations)
        if (!file.path.empty()) loaded_->document(file.path, PresetKind::calibration);
    InputRecord unused;
    add_costs_of(study, unused);  // parts that only a case names are read with the first that does
}

void CaseFiles::add_costs_of(const Study& study, InputRecord& record) {
    const auto add = [](const std::vector<InputFile>& some, std::vector<InputFile>& files) {
        for (const InputFile& file : some)
            if (std::ranges::find(files, file.path, &InputFile::path) == files.end()) files.push_back(file);
    };
    for (const StudyFile& cluster : study.clusters)
        for (const StudyFile& workload : study.workloads)
            for (const StudyFile& calibration : study.calibrations) try {
                    StudyCase one;
                    one.cluster = cluster;
                    one.workload = workload;
                    one.calibration = calibration;
                    const ComposedCosts composed = loaded_->costs_of(one, study.fixed);
                    add(composed.parts, record.parts);
                    add(composed.calibration, record.calibration);
                } catch (const InputError&) {
                    // Every case of these files is refused for it, and says so.
                }
}

InputRecord CaseFiles::files_of(const Study& study) {
    InputRecord record;
    const auto add = [&](const StudyFile& file, PresetKind kind, std::vector<InputFile>& files) {
        const std::size_t first = files.size();
        for (const InputFile& each : loaded_->document(file.path, kind).files) files.push_back(each);
        files[first].name = file.name;
    };
    for (const StudyFile& file : study.clusters) add(file, PresetKind::cluster, record.cluster);
    for (const StudyFile& file : study.workloads) add(file, PresetKind::workload, record.workload);
    add_costs_of(study, record);
    return record;
}

Case CaseFiles::read(const std::string& cluster, const std::string& workload, const SoftwareChoice& software,
                     const std::vector<Override>& overrides) {
    const SortedOverrides sorted = sort_overrides(overrides);
    Refusals of_files;
    of_files.attempt([&] { loaded_->document(cluster, PresetKind::cluster); });
    of_files.attempt([&] { loaded_->document(workload, PresetKind::workload); });
    of_files.expect_none();
    const LoadedDocument& cluster_file = loaded_->document(cluster, PresetKind::cluster);
    const LoadedDocument& workload_file = loaded_->document(workload, PresetKind::workload);
    Case one;
    ClusterWithChips with;
    Refusals refusals;
    const bool has_cluster = refusals.attempt([&] {
        with = with_chips(with_overrides(cluster_file.root, sorted.cluster), loaded_->reader());
        one.cluster = checked_cluster(with.root, check_);
    });
    refusals.attempt([&] {
        one.workload = workload_from(with_overrides(workload_file.root, sorted.workload),
                                     has_cluster ? std::optional(gpu_count(one.cluster)) : std::nullopt);
    });
    refusals.expect_none();
    one.inputs = {cluster_file.files, workload_file.files, {}, {}, overrides, software.libraries};
    take_costs(software, sorted.calibration, one);
    add_files(with.chips, one.inputs.parts);
    one.warnings = warnings_of(with, one);
    if (const InputFile* file = data_behind(one.workload)) one.inputs.workload.push_back(*file);
    return one;
}

void CaseFiles::take_costs(const SoftwareChoice& software, const std::vector<Override>& overrides, Case& one) {
    ComposedCosts composed = compose_costs(one.cluster, one.workload.libraries, software, overrides, loaded_->reader());
    one.costs = std::move(composed.costs);
    if (const auto* tokens = std::get_if<TokenWorkload>(&one.workload.traffic); tokens && one.costs.sent_once.sms == 0)
        one.costs.sent_once.sms =
            reckoned_sms(one.cluster, tokens->model, one.workload.ranks, in_effect(one.costs).sent_once.reckoned_nvlink);
    one.origins = std::move(composed.origins);
    one.inputs.parts = std::move(composed.parts);
    one.inputs.calibration = std::move(composed.calibration);
}

const LoadedDocument& CaseFiles::document(const std::string& name, PresetKind kind) { return loaded_->document(name, kind); }

Case CaseFiles::read(const StudyCase& one) {
    return read(one.cluster.path, one.workload.path, one.calibration.path, with_seed(one));
}

std::string CaseFiles::key_of(const StudyCase& one, std::string_view computed_by) {
    std::string text;
    const auto add = [&](std::string_view part) { fmt::format_to(std::back_inserter(text), "{}:{}\n", part.size(), part); };
    add(computed_by);
    const auto add_file = [&](const StudyFile& file, PresetKind kind) {
        add(file.name);
        for (const InputFile& each : loaded_->document(file.path, kind).files) add(each.sha256);
    };
    add_file(one.cluster, PresetKind::cluster);
    add_file(one.workload, PresetKind::workload);
    const std::vector<Override> overrides = with_seed(one);
    try {
        const ComposedCosts composed = loaded_->costs_of(one, overrides);
        for (const std::vector<InputFile>* files : {&composed.parts, &composed.calibration})
            for (const InputFile& each : *files) add(each.sha256);
    } catch (const InputError& refusal) {
        add(refusal.what());
    }
    add(one.algorithm);
    for (const Override& each : overrides) {
        add(each.path);
        add(each.value);
    }
    try {
        const LoadedDocument& workload = loaded_->document(one.workload.path, PresetKind::workload);
        const YamlPtr root = with_overrides(workload.root, sort_overrides(overrides).workload);
        if (const YamlNode* mention = data_mention(*root)) add(loaded_->data_identity(*mention));
    } catch (const InputError& refusal) {
        add(refusal.what());  // an override that does not fit: the case is refused for it, and has no data
    }
    return sha256(text);
}

Cluster checked_cluster(const YamlPtr& root, const ClusterCheck& check) {
    Cluster cluster = cluster_from(root);
    if (!check || (cluster.faults.empty() && cluster.background.empty())) return cluster;
    try {
        check(cluster);
    } catch (const MisfitError& misfit) {
        refuse_misfit(*root, misfit);
    }
    return cluster;
}

}  // namespace tokenyard
