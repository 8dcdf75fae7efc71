// SPDX-License-Identifier: Apache-2.0
// Explanations and sensitivities, as text and as JSON: parts of the reports that hold them.
#pragma once

#include "model/prediction.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace tokenyard {

/// Shares, causes, chain and ladder as `#` lines. Pre: phase.why.
std::string why_as_text(const Phase& phase);
nlohmann::ordered_json why_as_json(const Explanation& why);

/// A row a change, best first, and as it is; those that change less than 0.005 %, or than the engine is accurate to, in one line.
std::string sensitivity_as_text(const Sensitivity& sensitivity);
nlohmann::ordered_json sensitivity_as_json(const Sensitivity& sensitivity);

}  // namespace tokenyard
