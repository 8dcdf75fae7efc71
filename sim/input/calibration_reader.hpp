// Calibrations: what software costs beside links.
#pragma once

#include "input/document.hpp"
#include "model/costs.hpp"

#include <string_view>
#include <vector>

namespace tokenyard {

/// The keys at the top of a calibration: its title and the groups of costs.
std::vector<std::string_view> calibration_keys();

/// Each cost of model/cost_table.hpp must be there that the table says is needed. Throws InputError.
Costs costs_from(const YamlPtr& root);

}  // namespace tokenyard
