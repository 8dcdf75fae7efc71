// SPDX-License-Identifier: Apache-2.0
// A cost as its YAML says it.
#pragma once

#include "model/costs.hpp"

#include <string>

namespace tokenyard {

/// "5 us", "20.4 GB/s", "12288 B", "0.85", "24", "2.29": with so many digits at the most.
std::string cost_text(const CostKey& key, double value, int digits = 12);

}  // namespace tokenyard
