// SPDX-License-Identifier: Apache-2.0
// Maps of experts as EPLB, SGLang and vLLM Ascend have them: JSON, which is YAML too, so that whatever is wrong has a place.
#pragma once

#include "input/document.hpp"
#include "model/placement.hpp"

#include <vector>

namespace tokenyard {

/// Slots of each layer, in any of SlotsFormat: told apart by what is in the text. Each layer has the same number of slots, a
/// multiple of the ranks, and each expert at least once. Throws InputError at what is wrong.
std::vector<ExpertSlots> slots_from(const YamlNode& root, int experts, int ranks);

}  // namespace tokenyard
