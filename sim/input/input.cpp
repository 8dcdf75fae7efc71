// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"

#include "input/case_files.hpp"
#include "input/chip_facts.hpp"
#include "input/costs_reader.hpp"
#include "input/id_array.hpp"
#include "input/load.hpp"
#include "input/matrix_file.hpp"
#include "input/parts.hpp"
#include "input/prediction_reader.hpp"
#include "input/scaled_matrix.hpp"
#include "input/slots_reader.hpp"
#include "input/values.hpp"
#include "input/warnings.hpp"
#include "input/workload_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>

namespace tokenyard {
namespace {

bool names_a_key_of(const YamlNode& root, std::initializer_list<std::string_view> keys) {
    return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) { return find(root, key) != nullptr; });
}

/// Overrides of a file that is not read would be lost.
void expect_none(PresetKind kind, SortedOverrides& overrides) {
    if (overrides.of(kind).empty()) return;
    throw InputError({std::make_shared<const TextName>(TextName{"--set " + overrides.of(kind).front().path, "."})},
                     fmt::format("found a key of a {}; expected none, because none is read", name_of(kind)));
}

void expect_only(PresetKind wanted, SortedOverrides& overrides) {
    for (const PresetKind kind : preset_kinds)
        if (kind != wanted) expect_none(kind, overrides);
}

bool exists(const std::string& name) {
    std::error_code failed;
    return name == "-" || std::filesystem::exists(name, failed);
}

/// A bare name is looked for among all kinds of preset: parts before the calibrations that they replaced.
PresetKind likely_kind(const std::string& name) {
    if (exists(name)) return PresetKind::cluster;
    for (const PresetKind kind : {PresetKind::cluster, PresetKind::workload, PresetKind::chip, PresetKind::nic, PresetKind::host,
                                  PresetKind::library, PresetKind::calibration})
        for (const Preset& preset : presets(kind))
            if (preset.name == name) return kind;
    return PresetKind::cluster;
}

}  // namespace

Case read_case(const std::string& cluster, const std::string& workload, const std::vector<Override>& overrides,
               const ClusterCheck& check, const SoftwareChoice& software) {
    if ((cluster == "-") + (workload == "-") + (software.calibration == "-") > 1)
        throw InputError({std::make_shared<const TextName>(TextName{"-", "."})},
                         "found standard input for several files; expected it once");
    return CaseFiles(check).read(cluster, workload, software, overrides);
}

namespace {

/// A cluster and costs for a matrix that does not come from a workload: `matrix_for` makes it for so many GPUs.
/// `mention`: where it was asked for.
template <class MatrixFor>
Case case_of_matrix(CaseFiles& files, const std::string& cluster, const MatrixFor& matrix_for, const Position& mention,
                    const std::vector<Override>& overrides, const SoftwareChoice& software) {
    SortedOverrides sorted = sort_overrides(overrides);
    expect_none(PresetKind::workload, sorted);
    const LoadedDocument cluster_file = files.document(cluster, PresetKind::cluster);
    Case one;
    const auto read = [&](const std::string& name, PresetKind kind) { return files.document(name, kind); };
    const ClusterWithChips with = with_chips(with_overrides(cluster_file.root, sorted.cluster), read);
    one.cluster = checked_cluster(with.root, files.check());
    MatrixWorkload matrix = matrix_for(gpu_count(one.cluster));
    one.workload.name = std::filesystem::path(matrix.file.name).stem().string();
    one.workload.ranks = matrix.volumes.rows();
    if (one.workload.ranks > gpu_count(one.cluster))
        throw InputError(mention, fmt::format("found {} rows; expected at most the cluster's {} GPUs", one.workload.ranks,
                                              gpu_count(one.cluster)));
    one.inputs = {cluster_file.files, {matrix.file}, {}, {}, overrides, software.libraries};
    files.take_costs(software, sorted.calibration, one);
    add_files(with.chips, one.inputs.parts);
    one.warnings = warnings_of(with, one);
    one.workload.traffic = std::move(matrix);
    return one;
}

/// Pre: ranks > 0.
VolumeMatrix volumes_of(const Pattern& pattern, int ranks) {
    RankMatrix<std::uint32_t> pairs(ranks, ranks);
    for (int rank = 0; rank < ranks; ++rank)
        if (pattern.kind == Pattern::Kind::ring) pairs.own_row(rank)[static_cast<std::size_t>((rank + 1) % ranks)] = 1;
        else std::ranges::fill(pairs.own_row(rank), 1U);
    const double share = pattern.kind == Pattern::Kind::uniform_of_rank ? ranks : 1;
    return {std::move(pairs), Bytes{std::floor(in_bytes(pattern.size) / share)}};
}

}  // namespace

Case read_matrix_case(const std::string& cluster, const std::string& matrix_file, const std::vector<Override>& overrides,
                      const ClusterCheck& check, const SoftwareChoice& software) {
    return read_scaled_matrix_case(cluster, matrix_file, std::nullopt, overrides, check, software);
}

Case read_scaled_matrix_case(const std::string& cluster, const std::string& matrix_file, const std::optional<Bytes>& scale,
                             const std::vector<Override>& overrides, const ClusterCheck& check, const SoftwareChoice& software) {
    CaseFiles files(check);
    const Position mention{std::make_shared<const TextName>(TextName{matrix_file, "."})};
    const auto from_file = [&](int) {
        MatrixWorkload matrix = matrix_from_file(matrix_file, mention, 0, scale);
        if (scale) matrix.file.name += fmt::format(" x {:.0f} B", in_bytes(*scale));  // it decides the result
        return matrix;
    };
    return case_of_matrix(files, cluster, from_file, mention, overrides, software);
}

Case read_pattern_case(CaseFiles& files, const std::string& cluster, const Pattern& pattern,
                       const std::vector<Override>& overrides, const SoftwareChoice& software) {
    const std::string name =
        fmt::format("{} {:.0f} B a {}", pattern.kind == Pattern::Kind::ring ? "ring of" : "uniform", in_bytes(pattern.size),
                    pattern.kind == Pattern::Kind::uniform_of_pair ? "pair" : "rank");
    const auto regular = [&](int gpus) {
        return MatrixWorkload{{name, sha256(name), "-"}, volumes_of(pattern, pattern.ranks > 0 ? pattern.ranks : gpus)};
    };
    return case_of_matrix(files, cluster, regular, {std::make_shared<const TextName>(TextName{name, "."})}, overrides, software);
}

Case read_volumes_case(CaseFiles& files, const std::string& cluster, const InputFile& file, VolumeMatrix volumes,
                       const Position& mention, const std::vector<Override>& overrides, const SoftwareChoice& software) {
    const auto given = [&](int) { return MatrixWorkload{file, std::move(volumes)}; };
    return case_of_matrix(files, cluster, given, mention, overrides, software);
}

namespace {

/// A calibration on the parts that it names itself, or a part alone.
CostFile cost_file(const LoadedDocument& document, PresetKind kind, const std::vector<Override>& overrides) {
    CostFile file;
    file.kind = name_of(kind);
    const YamlPtr root = with_overrides(document.root, overrides);
    file.costs = given_costs(root, kind);
    if (kind != PresetKind::calibration) {
        file.origins.of_costs = given_by(*root);
        return file;
    }
    const auto read = [&](const std::string& name, PresetKind of) {
        return of == PresetKind::calibration ? document : load_document(name, of);
    };
    ComposedCosts composed = compose_costs({}, {}, SoftwareChoice(file.costs.name), overrides, read);
    file.costs = std::move(composed.costs);
    file.origins = std::move(composed.origins);
    return file;
}

/// Among what has the keys of costs: a part by the folder that it is in, or a calibration.
PresetKind kind_of_costs(const std::string& name, const YamlNode& root) {
    if (find(root, "gpu")) return PresetKind::chip;
    for (const PresetKind kind : part_kinds)
        for (const Preset& preset : presets(kind)) {
            std::error_code failed;
            if (exists(name) ? std::filesystem::equivalent(preset.path, name, failed) : preset.name == name) return kind;
        }
    return PresetKind::calibration;
}

bool has_costs(const YamlNode& root) {
    return find(root, "parts") || find(root, "on") || find(root, "gpu") ||
           std::ranges::any_of(cost_groups(), [&](const CostGroup& group) { return find(root, group.name) != nullptr; });
}

}  // namespace

std::variant<Cluster, Workload, CostFile> read_one(const std::string& name, const std::vector<Override>& overrides,
                                                   const ClusterCheck& check) {
    SortedOverrides sorted = sort_overrides(overrides);
    const PresetKind kind = likely_kind(name);
    const LoadedDocument document = load_document(name, kind);
    const YamlPtr& root = document.root;
    if (names_a_key_of(*root, {"node", "nodes", "groups", "fabric", "efficiency"})) {
        expect_only(PresetKind::cluster, sorted);
        return checked_cluster(with_chips(with_overrides(root, sorted.cluster), load_document).root, check);
    }
    if (names_a_key_of(*root, {"model", "batch", "dispatch", "combine", "routing", "placement"})) {
        expect_only(PresetKind::workload, sorted);
        return workload_from(with_overrides(root, sorted.workload), std::nullopt);
    }
    if (has_costs(*root) || std::ranges::count(part_kinds, kind) > 0) {
        expect_only(PresetKind::calibration, sorted);
        return cost_file(document, kind_of_costs(name, *root), sorted.calibration);
    }
    throw InputError(
        root->at,
        "found no cluster, workload, calibration or part; expected keys such as nodes and node, model and routing, or "
        "nccl");
}

Cluster read_cluster_text(const SourceText& source, const ClusterCheck& check) {
    const YamlPtr root = parse_yaml(source);
    if (root->kind != YamlNode::Kind::map) refuse(*root, "a map of keys such as name and sources");
    return checked_cluster(with_chips(root, load_document).root, check);
}

bool is_of_cluster(const Override& one) { return !sort_overrides({one}).cluster.empty(); }

CostFile read_costs_of(const Cluster& cluster, const SoftwareChoice& software, const std::vector<Override>& overrides) {
    ComposedCosts composed = compose_costs(cluster, {}, software, sort_overrides(overrides).calibration, load_document);
    return {"costs", std::move(composed.costs), std::move(composed.origins)};
}

namespace {

/// Scalars, lists and maps on one line of YAML.
std::string as_flow(const YamlNode& node) {
    std::vector<std::string> items;
    for (const YamlPtr& item : node.items) items.push_back(as_flow(*item));
    for (const YamlEntry& entry : node.entries) items.push_back(entry.key + ": " + as_flow(*entry.value));
    if (node.kind == YamlNode::Kind::list) return fmt::format("[{}]", fmt::join(items, ", "));
    return node.kind == YamlNode::Kind::map ? fmt::format("{{{}}}", fmt::join(items, ", ")) : node.text;
}

}  // namespace

GivenCosts read_calibration(const std::string& name) {
    const LoadedDocument document = load_document(name, PresetKind::calibration);
    const YamlEntry* parts = find(*document.root, "parts");
    return {given_costs(document.root, PresetKind::calibration), given_by(*document.root), parts ? as_flow(*parts->value) : ""};
}

Bytes read_size(const std::string& option, const std::string& text) {
    const Bytes size = size_value(*parse_yaml(source_of(option, text)));
    if (in_bytes(size) != std::floor(in_bytes(size)))
        throw InputError(source_of(option, text).start,
                         fmt::format("found {}; expected a whole number of bytes", in_quotes(text)));
    return size;
}

SavedPrediction read_prediction(const std::string& file) {
    constexpr std::size_t largest = 256u << 20;  // a prediction of 16,384 GPUs has a few MB
    return prediction_from(read_source(file, largest), file);
}

std::vector<ExpertSlots> read_expert_slots(const std::string& file, int experts, int ranks) {
    constexpr std::size_t largest = 64u << 20;  // 100 layers of 4,096 slots have some 3 MB
    YamlNode mention;
    mention.text = file;
    const ArrayMention of_layer = exists(file) ? ArrayMention{file, {}} : array_mention(mention);
    std::vector<ExpertSlots> layers = slots_from(*parse_yaml(read_source(of_layer.file, largest)), experts, ranks);
    if (!of_layer.layer) return layers;
    const auto layer = static_cast<std::size_t>(*of_layer.layer);
    if (layer >= layers.size())
        throw InputError({std::make_shared<const TextName>(TextName{of_layer.file, "."})},
                         fmt::format("found layer {}; expected from 0 to {}, because the map has {}", layer, layers.size() - 1,
                                     layers.size()));
    return {std::move(layers[layer])};
}

std::vector<PresetSummary> list_presets(FileKind kind) {
    constexpr std::array folders{PresetKind::cluster, PresetKind::workload, PresetKind::chip,       PresetKind::nic,
                                 PresetKind::host,    PresetKind::library,  PresetKind::calibration};
    const PresetKind folder = folders[static_cast<std::size_t>(kind)];
    std::vector<PresetSummary> summaries;
    for (const Preset& preset : presets(folder)) {
        const YamlPtr root = load_document(preset.path, folder).root;
        const YamlEntry* description = find(*root, "description");
        summaries.push_back({preset.name, description ? text_value(*description->value, "description") : ""});
    }
    return summaries;
}

}  // namespace tokenyard
