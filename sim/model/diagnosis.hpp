// SPDX-License-Identifier: Apache-2.0
// Measured times that a cluster as described does not explain, and what would explain them.
#pragma once

#include "model/record.hpp"
#include "model/units.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// What a suspected cause changes: keys of the case, and the algorithm where it is another one (else empty).
struct SuspectedChange {
    CaseChange of_case;
    std::string algorithm = {};
};

/// How far predictions are from measured times. Of ln(predicted / measured), a row counting as e times off at most.
struct Misfit {
    double mean = 0;               // of |ln|, rows by their weight: what causes are ranked by
    double median = 0, worst = 0;  // of |predicted / measured - 1|
    double typical_slowdown = 1;   // median of measured / predicted
};

/// A cause that was simulated, at the values of what was searched that explain most.
struct Finding {
    std::string name, meaning, check;  // one word; a sentence; how to see on the machine whether it is so
    std::string where, how_much;       // "node1/nic3", "at 0.5 of its rate"; empty where there is nothing to choose
    SuspectedChange change;            // of the largest row
    int searched = 0;                  // parameters that were chosen by these figures
    Misfit misfit;
    double score = 0;                // misfit.mean, and a penalty for what was searched
    int group = 0;                   // causes of one group predict the same times, as far as these figures tell
    std::vector<Seconds> predicted;  // of each row
};

enum class DiagnosisVerdict { nothing_to_explain, explained, unexplained };

/// A pair of places whose time stands out, or a place whose pairs do; of a matrix of times of pairs.
struct SlowPlace {
    std::string what;   // "node 3, both directions", "rank 1 to rank 5"
    double factor = 1;  // times that of others like it
};

struct Diagnosis {
    InputRecord inputs;       // of the row with most ranks, and what the command line changed
    std::string measured_by;  // files of measured times, or options
    std::string cluster, costs, algorithm, engine;
    int ranks = 0;                             // of that row
    std::vector<std::string> rows;             // labels
    std::vector<Seconds> measured, predicted;  // of each row; as described
    std::vector<double> weights = {};          // of each row; empty: all alike
    std::size_t left_out = 0;                  // odd rows, and those that the algorithm cannot carry out
    Misfit as_described;
    DiagnosisVerdict verdict = DiagnosisVerdict::nothing_to_explain;
    std::vector<Finding> findings;            // the best first; a group's together
    std::vector<std::string> without_effect;  // names of causes that change no predicted time
    struct NotTried {
        std::string name, reason;
    };
    std::vector<NotTried> not_tried;
    bool is_place_unknown = false;       // of exchanges that are alike for all ranks, no place can be told from another one
    std::vector<SlowPlace> slow_places;  // the slowest first
    bool has_pairs = false;              // times of pairs were given
};

}  // namespace tokenyard
