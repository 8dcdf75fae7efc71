// SPDX-License-Identifier: Apache-2.0
// What somebody meant who wrote a word that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// Those of the known words that `said` most likely stands for, three at most, in the order in which they are known: what people
/// say elsewhere for what is called so here (`nvlink`, `Gbps`, `cus`); else what a slip of the finger or two makes of it (optimal
/// string alignment, without regard to case, _ and -); else what begins with it, or has it inside. Empty where nothing is near.
std::vector<std::string> nearest(std::string_view said, std::span<const std::string_view> known);

/// "; did you mean A, B or C?" for the end of a message; empty where nothing is near.
std::string did_you_mean(std::string_view said, std::span<const std::string_view> known);
std::string did_you_mean(std::string_view said, const std::vector<std::string>& known);

/// The same where the words are known to be what was meant.
std::string did_you_mean(const std::vector<std::string>& meant);

}  // namespace tokenyard
