// SPDX-License-Identifier: Apache-2.0
// How far a prediction can be trusted, as text and JSON.
#pragma once

#include "model/prediction.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace tokenyard {

/// Of those phases that have one.
std::vector<PhaseStanding> standings_of(const std::vector<Phase>& phases);

/// A `#` line for all that have the same standing together.
std::string as_text(const std::vector<PhaseStanding>& standings);

/// Null where there is none.
nlohmann::ordered_json standing_as_json(const std::optional<Standing>& standing);

}  // namespace tokenyard
