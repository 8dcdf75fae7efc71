// SPDX-License-Identifier: Apache-2.0
// A map of slots in place of a workload's placement.
#pragma once

#include "model/case.hpp"

#include <string>

namespace tokenyard {

/// Places the experts of a case as a map of EPLB, SGLang or vLLM Ascend has it (SlotsFormat; "map.json#3" is layer 3), and adds
/// the file to the inputs. Throws InputError for a matrix, which has no experts, for routing kind skew, which its popularity is
/// solved for another placement, for a map of several layers, and for what is wrong in it.
void take_expert_map(const std::string& file, Case& one);

}  // namespace tokenyard
