// SPDX-License-Identifier: Apache-2.0
// A prediction as JSON, for reports that add to it.
#pragma once

#include "model/case.hpp"
#include "model/prediction.hpp"

#include <nlohmann/json.hpp>

namespace tokenyard {

/// What is needed to ask again: files, seed, overrides, and every key in effect.
nlohmann::ordered_json inputs_as_json(const Case& one);

/// schema tokenyard.prediction/2.
nlohmann::ordered_json prediction_as_json(const Prediction& prediction, const Case& one);

}  // namespace tokenyard
