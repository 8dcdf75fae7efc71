// SPDX-License-Identifier: Apache-2.0
// Seeds as options have them.
#pragma once

#include <string>

namespace tokenyard {

/// What is wrong with a text as a seed, as "found X; expected Y"; empty when nothing is. As in YAML: CLI11 alone reads -1 as
/// 2^64 - 1 and 2^64 too, and a 0 in front says to some readers that a number is octal.
std::string wrong_seed(const std::string& text);

}  // namespace tokenyard
