// SPDX-License-Identifier: Apache-2.0
// What differs between two predictions that were saved.
#pragma once

#include "model/saved_prediction.hpp"

namespace tokenyard {

/// Inputs that differ, in the order of `before` and then of `after`; completions and bounds of what both have; and for how long
/// each resource, and each kind of them, held each phase: share x completion.
PredictionDifference difference_of(const SavedPrediction& before, const SavedPrediction& after);

/// The times of `difference` that are more than `part` (0.05: 5 %) longer after than before.
std::vector<TimeChange> longer_by(const PredictionDifference& difference, double part);

}  // namespace tokenyard
