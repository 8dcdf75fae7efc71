// SPDX-License-Identifier: Apache-2.0
// A prediction that was saved as JSON, which is YAML too, so that whatever is wrong has a place.
#pragma once

#include "input/source.hpp"
#include "model/saved_prediction.hpp"

namespace tokenyard {

/// Reads schemas tokenyard.prediction/1 and 2. Keys that are not needed are not looked at: a later version may have written more.
/// Throws InputError.
SavedPrediction prediction_from(const SourceText& source, const std::string& file);

}  // namespace tokenyard
