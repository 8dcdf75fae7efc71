// Percentages as options have them.
#pragma once

#include <optional>
#include <string>

namespace tokenyard {

/// "5%" or "5 %" as 0.05; nothing when it is no number with a % behind it, from `least` to `most` per cent.
std::optional<double> as_percentage(std::string text, double least, double most);

}  // namespace tokenyard
