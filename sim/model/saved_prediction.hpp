// SPDX-License-Identifier: Apache-2.0
// Predictions as their JSON keeps them, and what differs between two.
#pragma once

#include "model/units.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// A key and its value as text: "cluster.node.nics.bandwidth", "50 GB/s".
struct NamedText {
    std::string name, text;
};

/// What held the transfers that finished last for part of a phase.
struct SavedHolder {
    std::string name;  // of a resource; of a kind and direction
    double share = 0;
};

struct SavedPhase {
    std::string name;
    Seconds completion, lower_bound;
    std::vector<SavedHolder> resources, kinds;
};

struct SavedPrediction {
    std::string file;               // as the user gave it
    std::vector<NamedText> inputs;  // every key in effect, and what identifies files, engine and program
    std::vector<SavedPhase> phases;
    Seconds both;                  // the phases one after another
    std::optional<Seconds> layer;  // where one was simulated
};

/// Something that is of one time or kind in one prediction, and of another in the other one.
struct InputChange {
    std::string name, before, after;  // empty: it is not there
};
struct TimeChange {
    std::string name;
    Seconds before, after;
};

struct PhaseChange {
    std::string name;
    std::vector<TimeChange> kinds, resources;  // how long each held the phase; the largest change first
};

struct PredictionDifference {
    std::string before, after;  // files
    std::vector<InputChange> inputs;
    std::vector<TimeChange> times;   // completions: of the phases that both have, of both together, of the layer if both have it
    std::vector<TimeChange> bounds;  // lower bounds of these phases
    std::vector<PhaseChange> phases;
};

}  // namespace tokenyard
