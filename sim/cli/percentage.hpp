// SPDX-License-Identifier: Apache-2.0
// Percentages as options have them.
#pragma once

#include <optional>
#include <string>

namespace tokenyard {

/// "5%" or "5 %" as 0.05; nothing when it is no number with a % behind it, from `least` to `most` per cent.
std::optional<double> as_percentage(std::string text, double least, double most);

/// What is wrong with a percentage from 0 to `most`, as "found X; expected Y"; empty when nothing is.
std::string wrong_percentage(const std::string& text, double most);

}  // namespace tokenyard
