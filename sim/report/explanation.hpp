// Explanations and sensitivities, as text and as JSON: parts of the reports that hold them.
#pragma once

#include "model/prediction.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace tokenyard {

/// Shares, causes, chain and ladder as `#` lines. Pre: phase.why.
std::string why_as_text(const Phase& phase);
nlohmann::ordered_json why_as_json(const Explanation& why);

}  // namespace tokenyard
