// SPDX-License-Identifier: Apache-2.0
// The door to everything that people write: YAML files, presets, overrides, matrices and traces become checked values.
#pragma once

#include "input/error.hpp"
#include "model/case.hpp"
#include "model/placement.hpp"
#include "model/saved_prediction.hpp"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tokenyard {

/// What only its built fabric shows about a cluster: throws MisfitError for the entry that is wrong, which is then
/// refused at its line. Only clusters with faults or background are checked; an empty check leaves it to who builds them.
using ClusterCheck = std::function<void(const Cluster&)>;

/// Names are paths, presets or `-`. All throw InputError for whatever is wrong in what the user gave.

class CaseFiles;
struct SourceText;

/// A cluster and a workload that fit together, and costs composed of the parts that they name (parts/README.md), here and below.
Case read_case(const std::string& cluster, const std::string& workload, const std::vector<Override>& overrides,
               const ClusterCheck& check = {}, const SoftwareChoice& software = {});

/// A cluster and S(i,k) in bytes from a matrix file, without a workload file.
Case read_matrix_case(const std::string& cluster, const std::string& matrix_file, const std::vector<Override>& overrides,
                      const ClusterCheck& check = {}, const SoftwareChoice& software = {});

/// A regular exchange, as benchmarks of collectives run it.
struct Pattern {
    /// All ranks send to all and keep as much, `size` from each rank (as nccl-tests counts) or from each to each (as OSU's
    /// benchmarks do); or each sends `size` to the next, and the last to the first.
    enum class Kind { uniform_of_rank, uniform_of_pair, ring };
    Kind kind = Kind::uniform_of_rank;
    int ranks = 0;  // 0: every GPU of the cluster
    Bytes size;
};
Case read_pattern_case(CaseFiles& files, const std::string& cluster, const Pattern& pattern,
                       const std::vector<Override>& overrides, const SoftwareChoice& software);

/// A cluster and S(i,k) out of some other file, where it stands at `mention`.
Case read_volumes_case(CaseFiles& files, const std::string& cluster, const InputFile& file, VolumeMatrix volumes,
                       const Position& mention, const std::vector<Override>& overrides, const SoftwareChoice& software);

/// A part, whose costs are those that `origins` says somebody gives, or a calibration with the parts that it stands on.
struct CostFile {
    std::string kind;  // "calibration", "chip", "nic", "host", "library"
    Costs costs;
    CostOrigins origins;
};

/// A cluster, a workload, a calibration or a part alone, told apart by its keys and, of parts, their folder. A workload then has
/// 0 ranks, and the tokens of one rank, where the file leaves them to the cluster.
std::variant<Cluster, Workload, CostFile> read_one(const std::string& name, const std::vector<Override>& overrides,
                                                   const ClusterCheck& check = {});

/// A cluster out of a text that stands in no file, without a base.
Cluster read_cluster_text(const SourceText& source, const ClusterCheck& check = {});

/// A calibration without any part: a file, a preset, or `-`.
GivenCosts read_calibration(const std::string& name);

/// Whether a key of the command line is one of a cluster. Throws InputError for what no file has.
bool is_of_cluster(const Override& one);

/// The costs of a cluster where no workload runs on it, with those of the overrides that are of costs.
CostFile read_costs_of(const Cluster& cluster, const SoftwareChoice& software, const std::vector<Override>& overrides = {});

/// A size that stands in an option, such as "4 MiB".
Bytes read_size(const std::string& option, const std::string& text);

/// A prediction that `--json` wrote: a path, or `-`.
SavedPrediction read_prediction(const std::string& file);

/// Which slots hold which experts, layer by layer, as EPLB, SGLang or vLLM Ascend write it (SlotsFormat): a path, or `-`.
std::vector<ExpertSlots> read_expert_slots(const std::string& file, int experts, int ranks);

enum class FileKind { cluster, workload, chip, nic, host, library, calibration };

/// The shipped files of a kind, by name, with their descriptions.
struct PresetSummary {
    std::string name, description;
};
std::vector<PresetSummary> list_presets(FileKind kind);

}  // namespace tokenyard
