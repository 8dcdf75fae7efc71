// SPDX-License-Identifier: Apache-2.0
// Algorithms as an option names them: one, several with commas between, or all.
#pragma once

#include "pipeline/choose_algorithm.hpp"

#include <string>
#include <vector>

namespace tokenyard {

inline constexpr const char* every_algorithm = "all";

/// What stands between the commas.
std::vector<std::string> names_in(const std::string& list);

/// Whether it asks for a comparison.
bool are_several(const std::string& algorithms);

/// "found X; expected Y"; empty when nothing is wrong.
std::string wrong_algorithms(const std::string& list);

/// The one of that name, none of several; of an empty name that of the case. Throws InputError for a word of the workload that is
/// no algorithm.
AlgorithmChoice algorithm_asked_for(const std::string& name, const Case& one, const Fabric& fabric, const Traffic& traffic);

}  // namespace tokenyard
