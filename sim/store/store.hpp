// SPDX-License-Identifier: Apache-2.0
// The door to results on disk: an SQLite file with a row for each case that was computed, whole or not at all.
#pragma once

#include "model/study.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// Keeps nothing: the results of a study that is gone with the process.
inline constexpr const char* in_memory = ":memory:";

/// A column of the outputs, for the file's own documentation.
struct StoredColumn {
    std::string name, meaning;
};

/// What the file says about the study that it was last used for.
struct StoredStudy {
    std::string tool_version;
    std::vector<std::string> keys;  // that cases set: a column each
    std::vector<StoredColumn> outputs;
    std::vector<std::string> case_keys;  // of every case, in the order of the study
};

/// All functions throw std::runtime_error with SQLite's reason. One process writes at a time; others may read meanwhile.
class ResultStore {
public:
    /// Whether there is such a file, of whatever kind.
    static bool exists(const std::string& file);

    /// Opens the file, or makes it. Refuses files of other programs, and one that another process is writing to.
    explicit ResultStore(const std::string& file);
    ~ResultStore();
    ResultStore(const ResultStore&) = delete;
    ResultStore& operator=(const ResultStore&) = delete;

    /// Makes room for a study's columns, numbers its cases that are stored already, and writes down what it is. Rows of other
    /// studies stay, without a number.
    void begin(const Study& study, const StoredStudy& stored);

    /// Whether each case of the study is stored, by its place.
    std::vector<bool> stored_cases() const;

    /// Forgets the study's cases that the world failed, so that they are computed again. Those that were refused would be again.
    void forget_failed();

    /// Stores a case: one transaction, after which it survives the end of this process, whatever ends it.
    void put(const StudyRow& row);

    /// The outcome of a case of the study by its place. Pre: it is stored.
    CaseOutcome outcome_of(std::size_t place) const;

private:
    class Connection;
    std::unique_ptr<Connection> connection_;
    StoredStudy stored_;
    std::string engine_, overlap_;
    std::optional<double> accuracy_;
};

}  // namespace tokenyard
