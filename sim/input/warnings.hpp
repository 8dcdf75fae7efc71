// SPDX-License-Identifier: Apache-2.0
// What decides a prediction and was not given.
#pragma once

#include "input/chip_facts.hpp"
#include "model/case.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// Keys of the cluster that decide times and that it leaves out, each with the value that is
/// taken. Pre: the costs of the case are composed.
std::vector<std::string> warnings_of(const ClusterWithChips& cluster, const Case& one);

}  // namespace tokenyard
