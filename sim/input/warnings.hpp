// SPDX-License-Identifier: Apache-2.0
// What decides a prediction and was not given.
#pragma once

#include "input/document.hpp"
#include "model/case.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// Keys of the cluster (`root`, with what its chips give) that decide times and that it leaves out, each with the value that is
/// taken. Pre: the costs of the case are composed.
std::vector<std::string> warnings_of(const YamlNode& root, const Case& one);

}  // namespace tokenyard
