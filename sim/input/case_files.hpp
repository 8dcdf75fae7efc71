// SPDX-License-Identifier: Apache-2.0
// The files that cases are made of, each read once: a case does not change while others are computed, and costs little to make.
#pragma once

#include "input/input.hpp"
#include "input/source.hpp"
#include "model/study.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct YamlNode;
struct LoadedDocument;

/// The cluster of a document, checked too. Throws InputError.
Cluster checked_cluster(const std::shared_ptr<const YamlNode>& root, const ClusterCheck& check);

class CaseFiles {
public:
    explicit CaseFiles(ClusterCheck check);

    /// Reads what a study names, so that its cases need the disk no more, but for a workload's data. Throws InputError for a file
    /// that is not there, or is no YAML.
    void load(const Study& study);

    /// The files of a study with their bases. Pre: loaded.
    InputRecord files_of(const Study& study);

    /// A cluster and a workload that fit together, and their costs. Throws InputError.
    Case read(const std::string& cluster, const std::string& workload, const SoftwareChoice& software,
              const std::vector<Override>& overrides);
    /// A case of a study, with its seed among the overrides.
    Case read(const StudyCase& one);

    /// SHA-256 over all that decides what comes out of the case: `computed_by` (the program and how it is asked to simulate), the
    /// bytes of every file and its name, algorithm, overrides and seed. A case with wrong inputs has one too.
    std::string key_of(const StudyCase& one, std::string_view computed_by);

    /// A file with what it is based on. Throws InputError.
    const LoadedDocument& document(const std::string& name, PresetKind kind);

    /// Composes the costs of a case whose cluster and workload are read. Throws InputError.
    void take_costs(const SoftwareChoice& software, const std::vector<Override>& overrides, Case& one);

    const ClusterCheck& check() const { return check_; }

private:
    /// The parts and calibrations of a study apart from what its cases change, each once.
    void add_costs_of(const Study& study, InputRecord& record);

    struct Loaded;
    ClusterCheck check_;
    std::shared_ptr<Loaded> loaded_;
};

}  // namespace tokenyard
