// SPDX-License-Identifier: Apache-2.0
// How far a prediction can be trusted: what was measured like it, and how far predictions of that were off.
#pragma once

#include "model/units.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// What decides how well a phase's time is known: whose software, on what, how far and how much it sends.
struct Setting {
    std::string algorithm, library;  // the library whose costs the algorithm has; empty: none
    std::string calibration;         // or "--set", which changes some of them; empty: none
    std::string chip, chip_family;   // a part, and the one that it is based on in the end
    std::string nic;                 // a part; none where nothing leaves its node
    std::string reach;               // how far bytes go: nvswitch, mesh, pcie, network; none where they stay at home
    std::string condition;           // what is special: faults, other jobs, static ECMP, oversubscribed; empty: nothing
    bool is_combine = false;
    bool is_bandwidth_bound = false;  // links alone would need at least half of the predicted time
    int ranks = 0, nodes = 0;

    bool operator==(const Setting&) const = default;
};

/// A published time that no fit has seen, and what was predicted for it.
struct JudgedRow {
    std::string record;
    Setting setting;
    Seconds measured, predicted;
};

/// measured: this library on this chip, so far. neighbour: one thing differs. foreign: nothing like it was measured.
enum class StandingLevel { measured, neighbour, foreign };
inline std::string_view name_of(StandingLevel level) {
    return level == StandingLevel::measured ? "measured" : level == StandingLevel::neighbour ? "neighbour" : "foreign";
}

/// What the record says of a predicted time.
struct Standing {
    StandingLevel level = StandingLevel::foreign;
    std::vector<std::string> records;  // that the nearest rows are from
    std::size_t rows = 0;
    double median_error = 0;  // of |predicted / measured - 1| of these
    Seconds low, high;        // nine of ten rows like it were measured between: see analysis/standing.hpp
    std::string why;          // what was measured, and in what it differs
};

struct PhaseStanding {
    std::string phase;  // dispatch, combine
    Standing standing;
};

/// How often measured times were in the interval that those rows give which are left: of a record, or of a chip.
struct Coverage {
    std::string left_out;  // "record", "chip", "nothing"
    struct Level {
        std::size_t rows = 0, covered = 0;
        std::size_t far_off = 0, far_off_covered = 0;  // by more than 30 %
    };
    Level measured, neighbour, foreign;
};

}  // namespace tokenyard
