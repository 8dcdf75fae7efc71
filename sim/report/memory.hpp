// SPDX-License-Identifier: Apache-2.0
// Whether a prediction has room in memory, as text and as JSON: parts of the reports that hold it.
#pragma once

#include "model/prediction.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace tokenyard {

/// A `#` line that says what the fullest GPU holds, and another one where that is more than it has.
std::string memory_lines(const MemoryUse& memory);

/// The same of several algorithms, which differ in their buffers.
std::string memory_lines(const std::vector<Prediction>& predictions);

/// What memory_lines says, in bytes.
nlohmann::ordered_json memory_as_json(const MemoryUse& memory);

}  // namespace tokenyard
