// SPDX-License-Identifier: Apache-2.0
// A study: one question asked of many cases, and what came out of each.
#pragma once

#include "model/case.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tokenyard {

/// A cluster, workload or calibration of a study.
struct StudyFile {
    std::string name;  // as the study names it
    std::string path;  // what to read: a path, or the name of a preset; empty for the calibration that the cluster names
};

/// Keys that move together, and the values that they take: a row holds one value for each key.
struct StudyAxis {
    std::vector<std::string> keys;  // with the file they belong to: "cluster.nodes"
    std::vector<std::vector<std::string>> rows;
    bool is_sample = false;                             // like seeds: its values are not compared, but make percentiles
    std::vector<std::vector<std::string>> labels = {};  // what people call the values, as many as rows; an empty text, or none
};

/// What a study looks for.
struct StudyGoal {
    std::string output;
    bool is_more = false;  // the most of it, else the least
};

/// What a study asks for. Its cases are all combinations of files, rows of axes, algorithms and seeds.
struct Study {
    std::string name, description;
    std::vector<StudyFile> clusters, workloads, calibrations;
    std::vector<std::string> algorithms;
    std::string engine;              // auto, fluid, simgrid
    std::optional<double> accuracy;  // of the fluid engine, as a part of the completion; 0: exact; absent: as it chooses
    std::string overlap;             // empty: the phases alone; none or two-batch: the whole layer too
    std::vector<Override> fixed;     // what holds for every case
    std::vector<StudyAxis> axes;
    std::vector<std::uint64_t> seeds;  // empty: that of the workload
    std::optional<StudyGoal> goal;
    std::string limits;  // that the best must keep to, as `--where` takes them; empty: none
    InputFile file;
    std::string directory = ".";  // of the file: what a value names is looked for there
};

/// One case of a study, complete.
struct StudyCase {
    std::size_t number = 0;  // from 1, in the order of the study
    StudyFile cluster, workload, calibration;
    std::string algorithm;
    std::vector<Override> overrides;  // what is fixed, then the axes; paths with the file they belong to
    std::optional<std::uint64_t> seed;
};

/// One value of a result's row.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;

/// done: it has outputs. refused: its inputs are wrong, or do not go together. failed: the world failed, such as a process that
/// died of it; the same case may succeed elsewhere.
enum class CaseStatus { done, refused, failed };

struct CaseOutcome {
    CaseStatus status = CaseStatus::failed;
    std::string error;          // empty when done
    std::vector<Cell> outputs;  // one for each output of a study (study/study.hpp) when done, else none
};

std::string_view name_of(CaseStatus status);

/// A case and what came out of it.
struct StudyRow {
    StudyCase inputs;
    CaseOutcome outcome;
};

/// Percentiles of one output over seeds and samples. Of fewer than 20 values there is no 95th, of fewer than 100 no 99th: it
/// would be the largest value by another name.
struct Spread {
    double p50 = 0;
    std::optional<double> p95, p99;
    double worst = 0;  // the largest
};

/// What a case's outputs are called, with their unit, and what they mean.
struct OutputColumn {
    std::string name, meaning;
    bool is_more_better = false;
};

/// Cases that differ in nothing but their seed and the rows of sample axes.
struct StudyGroup {
    StudyCase inputs;  // of the first, without keys of sample axes; number and seed say nothing
    std::size_t done = 0, refused = 0, failed = 0;
    std::size_t misfits = 0;                               // of those that are done, how many have no room in their GPUs' memory
    std::optional<Spread> dispatch, combine, both, layer;  // in microseconds; none when no case is done
    std::string held_by;                    // what held dispatch most, in most of the cases; ties: the first by name
    std::vector<Cell> median;               // the outputs of the case whose time is at p50; empty when none is done
    std::vector<std::size_t> rows;          // its cases, by their place in the results
    std::optional<std::size_t> median_row;  // the one at p50
};

/// An axis of a Pareto front: an output, or a key or field that is a number, with or without a unit.
struct FrontAxis {
    std::string name;
    bool is_more_better = false;
};

/// The groups that no other beats: none is as good in both and better in one. Sorted by x, then y. Groups with cases that do not
/// fit into memory are left out. `refusal` says instead what is wrong with an axis, as "found X; expected Y".
struct Front {
    std::array<FrontAxis, 2> axes;
    std::vector<std::size_t> groups;
    std::vector<std::array<double, 2>> points;
    std::string refusal;
};
/// The best group of those that fit into memory and keep to the limits; of a group its case at p50 counts.
struct StudyAnswer {
    StudyGoal goal;
    std::string limits;                     // empty: none
    std::optional<std::size_t> best;        // its place among the groups
    std::optional<std::size_t> nearest;     // where none keeps to the limits: that which misses them least
    std::size_t candidates = 0;             // groups that are done and fit
    std::size_t kept = 0;                   // of those, how many keep to the limits
    std::size_t misfits = 0, not_done = 0;  // groups that are left out
};

/// All that a report of a study says.
struct StudyResults {
    Study study;
    InputRecord files;                  // of all clusters, all workloads, all calibrations; no overrides
    std::vector<OutputColumn> outputs;  // of every case that is done
    std::vector<StudyRow> rows;
    std::vector<StudyGroup> groups;
    std::optional<Front> front;
    std::optional<StudyAnswer> answer;
    std::vector<std::size_t> order;    // the groups that the table shows, by their place; empty and not narrowed: all as they are
    bool is_narrowed = false;          // to the groups in `order`
    std::vector<std::size_t> columns;  // outputs that the table shows, by their place; empty: times and what held dispatch
    std::string engines;               // with their versions, whichever were asked for
};

/// The keys that a study sets, in the order of every case's overrides: the fixed ones, then those of the axes.
std::vector<std::string> keys_of(const Study& study);

/// Whether groups have many cases: by seeds, or by sample axes.
bool has_samples(const Study& study);

/// A key as people write it: without its file where no other kind of file has it too.
std::string short_key(const std::string& key);

}  // namespace tokenyard
