#include "input/input.hpp"

#include "input/cluster_reader.hpp"
#include "input/faults_reader.hpp"
#include "input/load.hpp"
#include "input/routing_files.hpp"
#include "input/values.hpp"
#include "input/workload_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace tokenyard {
namespace {

bool names_a_key_of(const YamlNode& root, std::initializer_list<std::string_view> keys) {
    return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) { return find(root, key) != nullptr; });
}

/// Overrides of the other file would be lost: refuse them where only one is read.
void expect_no(const std::vector<Override>& overrides, std::string_view other) {
    if (overrides.empty()) return;
    throw InputError({std::make_shared<const TextName>(TextName{"--set " + overrides.front().path, "."})},
                     fmt::format("found a key of a {}; expected none, because none is read", other));
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

bool exists(const std::string& name) {
    std::error_code failed;
    return name == "-" || std::filesystem::exists(name, failed);
}

/// The data file that a workload names, or nullptr.
const InputFile* file_behind(const Workload& workload) {
    if (const auto* matrix = std::get_if<MatrixWorkload>(&workload.traffic)) return &matrix->file;
    const RoutingSource& routing = std::get<TokenWorkload>(workload.traffic).routing;
    if (const auto* shares = std::get_if<SharesRouting>(&routing)) return &shares->file;
    if (const auto* trace = std::get_if<TraceRouting>(&routing)) return &trace->file;
    return nullptr;
}

/// A bare name is looked for among both kinds of preset.
PresetKind likely_kind(const std::string& name) {
    if (exists(name)) return PresetKind::cluster;
    for (const Preset& preset : presets(PresetKind::workload))
        if (preset.name == name) return PresetKind::workload;
    return PresetKind::cluster;
}

}  // namespace

Case read_case(const std::string& cluster, const std::string& workload, const std::vector<Override>& overrides,
               const ClusterCheck& check) {
    if (cluster == "-" && workload == "-")
        throw InputError({std::make_shared<const TextName>(TextName{"-", "."})},
                         "found standard input for both files; expected it once");
    const SortedOverrides sorted = sort_overrides(overrides);
    const LoadedDocument cluster_file = load_document(cluster, PresetKind::cluster);
    const LoadedDocument workload_file = load_document(workload, PresetKind::workload);
    Case one;
    one.cluster = checked_cluster(with_overrides(cluster_file.root, sorted.cluster), check);
    one.workload = workload_from(with_overrides(workload_file.root, sorted.workload), gpu_count(one.cluster));
    one.inputs = {cluster_file.files, workload_file.files, overrides};
    if (const InputFile* file = file_behind(one.workload)) one.inputs.workload.push_back(*file);
    return one;
}

Case read_matrix_case(const std::string& cluster, const std::string& matrix_file, const std::vector<Override>& overrides,
                      const ClusterCheck& check) {
    const SortedOverrides sorted = sort_overrides(overrides);
    expect_no(sorted.workload, "workload");
    const LoadedDocument cluster_file = load_document(cluster, PresetKind::cluster);
    Case one;
    one.cluster = checked_cluster(with_overrides(cluster_file.root, sorted.cluster), check);
    const Position mention{std::make_shared<const TextName>(TextName{matrix_file, "."})};
    MatrixWorkload matrix = matrix_from_file(matrix_file, mention, 0);
    one.workload.name = std::filesystem::path(matrix_file).stem().string();
    one.workload.ranks = matrix.volumes.rows();
    if (one.workload.ranks > gpu_count(one.cluster))
        throw InputError(mention, fmt::format("found {} rows; expected at most the cluster's {} GPUs", one.workload.ranks,
                                              gpu_count(one.cluster)));
    one.inputs = {cluster_file.files, {matrix.file}, overrides};
    one.workload.traffic = std::move(matrix);
    return one;
}

std::variant<Cluster, Workload> read_one(const std::string& name, const std::vector<Override>& overrides,
                                         const ClusterCheck& check) {
    const SortedOverrides sorted = sort_overrides(overrides);
    const YamlPtr root = load_document(name, likely_kind(name)).root;
    if (names_a_key_of(*root, {"node", "nodes", "groups", "fabric", "efficiency"})) {
        expect_no(sorted.workload, "workload");
        return checked_cluster(with_overrides(root, sorted.cluster), check);
    }
    if (names_a_key_of(*root, {"model", "batch", "dispatch", "combine", "routing", "placement"})) {
        expect_no(sorted.cluster, "cluster");
        return workload_from(with_overrides(root, sorted.workload), std::nullopt);
    }
    throw InputError(root->at,
                     "found neither a cluster nor a workload; expected keys such as nodes and node, or model and routing");
}

std::vector<PresetSummary> list_presets(FileKind kind) {
    std::vector<PresetSummary> summaries;
    const PresetKind folder = kind == FileKind::cluster ? PresetKind::cluster : PresetKind::workload;
    for (const Preset& preset : presets(folder)) {
        const YamlPtr root = load_document(preset.path, folder).root;
        const YamlEntry* description = find(*root, "description");
        summaries.push_back({preset.name, description ? text_value(*description->value, "description") : ""});
    }
    return summaries;
}

}  // namespace tokenyard
