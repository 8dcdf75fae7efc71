// SPDX-License-Identifier: Apache-2.0
// Measured times, and the cases that predict them.
#pragma once

#include "model/case.hpp"
#include "model/units.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// What a measurement is for. A calibration may be fitted to rows of use `fit`; errors are stated on `judged` ones, apart. An
/// `odd` row is shown and counts nowhere; its reason says why.
enum class RowUse { fit, judged, odd };

/// What of an exchange was measured.
enum class RowPhase { dispatch, combine, both };

/// What else a case could be.
struct CaseChange {
    std::vector<Override> overrides;     // after those that it has
    std::vector<std::string> libraries;  // before those that it has
};

/// One measured time and all that predicts it.
struct RecordRow {
    Case one;
    std::string algorithm;  // its name
    RowPhase phase = RowPhase::dispatch;
    Seconds measured;
    Seconds fastest, slowest;  // of several measurements, where they were published; else 0
    RowUse use = RowUse::judged;
    std::string why;    // it is odd
    std::string label;  // what sets the row apart: "ranks 8, size 1048576 B"
    int line = 0, column = 0;
    /// The case read again, with a change; throws as reading it did, where the change is wrong for it. One at a time: the files
    /// behind it are shared by the rows of a record.
    std::function<Case(const CaseChange&)> read_again = {};
};

/// The largest |error| that is allowed, as a part of 1; absent: any.
struct ErrorLimit {
    std::optional<double> median, worst;
};

/// Measurements from one source of one experiment.
struct Record {
    InputFile file;
    std::string name, description, hardware, software;
    std::string counted, compared;           // what the number is, and what of the prediction is held against it
    std::string along;                       // the column that a curve of rows runs along
    std::optional<bool> is_bandwidth_bound;  // where the source says what decides; else it is found out row by row
    std::vector<std::string> sources, notes;
    ErrorLimit latency, bandwidth;  // by what decides the measured time
    std::vector<RecordRow> rows;
};

}  // namespace tokenyard
