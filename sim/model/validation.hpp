// SPDX-License-Identifier: Apache-2.0
// How far predictions are from measurements.
#pragma once

#include "model/record.hpp"
#include "model/standing.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// A row and what was predicted for it.
struct RowVerdict {
    Seconds measured, predicted;
    Seconds link_bound;  // the shortest time in which links alone could carry the bytes
    RowUse use = RowUse::judged;
    std::string refusal;     // why the algorithm cannot carry it out; empty when it can
    std::string bottleneck;  // the kind that held most of the prediction
    Setting setting;

    /// predicted / measured - 1
    double error() const { return predicted.si / measured.si - 1; }
    /// As the record says; else bandwidth decides where that bound is at least half of the measured time.
    bool is_bandwidth_bound = false;
};

/// Errors of some rows, as parts of 1.
struct ErrorSummary {
    std::size_t rows = 0;
    double median = 0, worst = 0;  // of |error|
    double bias = 0;               // median of error, with its sign
};

/// One record, judged: errors of its rows by use and by what decides their time. Odd rows are in none.
struct RecordVerdict {
    std::vector<RowVerdict> rows;                  // in the order of the record
    ErrorSummary fit, judged, latency, bandwidth;  // the last two: of the judged rows
    std::vector<std::string> broken_limits;        // "bandwidth: median 7.1 % is above 5 %"
};

/// All that was asked for. `latency` and `bandwidth`: of the judged rows of all records together.
struct Validation {
    std::vector<Record> records;
    std::vector<RecordVerdict> verdicts;  // of each record
    ErrorSummary latency, bandwidth;
    std::vector<Coverage> coverage;  // of the intervals that the rows give; where it is asked for
    std::string engine;              // "fluid, exact"
};

}  // namespace tokenyard
