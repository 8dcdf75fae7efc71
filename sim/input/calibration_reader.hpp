// Calibrations: what software costs beside links.
#pragma once

#include "input/document.hpp"
#include "model/costs.hpp"

#include <span>
#include <string_view>

namespace tokenyard {

/// The keys at the top of a calibration.
std::span<const std::string_view> calibration_keys();

/// Every cost must be there; the rates and nccl.search_channels may be absent. Throws InputError.
Costs costs_from(const YamlPtr& root);

}  // namespace tokenyard
