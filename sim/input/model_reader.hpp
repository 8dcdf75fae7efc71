// SPDX-License-Identifier: Apache-2.0
// The `model` of a workload file, and how its tokens are encoded.
#pragma once

#include "input/document.hpp"
#include "model/workload.hpp"

#include <string>

namespace tokenyard {

constexpr long most_experts = 65535;  // ids have 16 bits

/// Both throw InputError for all that is wrong.
Model model_from(const YamlPtr& yaml);
/// `what` names the map in messages: "dispatch".
Encoding encoding_from(const YamlPtr& yaml, const std::string& what);

}  // namespace tokenyard
