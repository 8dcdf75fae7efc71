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

/// What software costs where nobody has measured: from data sheets, sources and published figures.
inline constexpr const char* nominal_calibration = "nominal";

/// A cluster and a workload that fit together, and a calibration: empty for the one that the cluster names, nominal where it
/// names none, here and below.
Case read_case(const std::string& cluster, const std::string& workload, const std::vector<Override>& overrides,
               const ClusterCheck& check = {}, const std::string& calibration = {});

/// A cluster and S(i,k) in bytes from a matrix file, without a workload file.
Case read_matrix_case(const std::string& cluster, const std::string& matrix_file, const std::vector<Override>& overrides,
                      const ClusterCheck& check = {}, const std::string& calibration = {});

/// A regular exchange, as benchmarks of collectives run it.
struct Pattern {
    /// All ranks send to all and keep as much, `size` from each rank (as nccl-tests counts) or from each to each (as OSU's
    /// benchmarks do); or each sends `size` to the next, and the last to the first.
    enum class Kind { uniform_of_rank, uniform_of_pair, ring };
    Kind kind = Kind::uniform_of_rank;
    int ranks = 0;  // 0: every GPU of the cluster
    Bytes size;
};
Case read_pattern_case(const std::string& cluster, const Pattern& pattern, const std::vector<Override>& overrides,
                       const ClusterCheck& check = {}, const std::string& calibration = {});

/// A cluster and S(i,k) out of some other file, where it stands at `mention`.
Case read_volumes_case(const std::string& cluster, const InputFile& file, VolumeMatrix volumes, const Position& mention,
                       const std::vector<Override>& overrides, const ClusterCheck& check, const std::string& calibration);

/// A cluster, a workload or a calibration alone, told apart by its keys. A workload then has 0 ranks, and the tokens of
/// one rank, where the file leaves them to the cluster.
std::variant<Cluster, Workload, Costs> read_one(const std::string& name, const std::vector<Override>& overrides,
                                                const ClusterCheck& check = {});

/// A calibration alone: a file, a preset, or `-`.
Costs read_calibration(const std::string& name);

/// A size that stands in an option, such as "4 MiB".
Bytes read_size(const std::string& option, const std::string& text);

/// A prediction that `--json` wrote: a path, or `-`.
SavedPrediction read_prediction(const std::string& file);

/// Which slots hold which experts, layer by layer, as EPLB, SGLang or vLLM Ascend write it (SlotsFormat): a path, or `-`.
std::vector<ExpertSlots> read_expert_slots(const std::string& file, int experts, int ranks);

/// The calibration to read: the one that is asked for, else the cluster's, else nominal.
std::string calibration_for(const std::string& asked, const std::optional<CalibrationMention>& of_cluster);

enum class FileKind { cluster, workload, calibration };

/// The shipped files of a kind, by name, with their descriptions.
struct PresetSummary {
    std::string name, description;
};
std::vector<PresetSummary> list_presets(FileKind kind);

}  // namespace tokenyard
