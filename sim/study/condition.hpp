// SPDX-License-Identifier: Apache-2.0
// Conditions that people write about cases: `both_us < 300 and (ranks >= 16 or algorithm = nccl)`.
#pragma once

#include "model/study.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// A number with the unit behind it, if any: "400 Gbit/s". Nothing for what begins with no number.
struct Measure {
    double number = 0;
    std::string unit;
};
std::optional<Measure> measure_in(const std::string& text);

/// A tree of comparisons. Of a comparison the name stands left and what it is compared with right, as a number or as a text.
struct Condition {
    enum class Kind { comparison, all, any, negation };
    enum class Sign { less, at_most, more, at_least, equal, different };
    Kind kind = Kind::all;
    std::vector<Condition> parts;  // of all, any and negation, which has one
    std::string name;
    Sign sign = Sign::equal;
    std::string text;                // as it was written
    std::optional<Measure> measure;  // where it is a number
};

/// A condition, or what is wrong with its text as "found X at column N; expected Y".
///   either = both {or both}; both = one {and one}; one = not one | ( either ) | NAME SIGN VALUE
/// SIGN: < <= > >= = == !=. VALUE: a number, with a unit where the name's values have one; a word; or any text in quotes.
/// `wrong_comparison` says what is wrong with a name and its value, as "found X; expected Y"; empty when nothing is.
struct ReadCondition {
    Condition condition;
    std::string refusal;
};
ReadCondition read_condition(const std::string& text, const std::function<std::string(const Condition&)>& wrong_comparison);

/// 0 where the condition holds, else how far it is from that: of a comparison of numbers |value - limit| / |limit|, of others
/// 1; of `and` the largest of its parts, of `or` the smallest. What has no value holds in no comparison, and is infinitely far.
double shortfall(const Condition& condition, const std::function<Cell(const std::string& name)>& value_of);

}  // namespace tokenyard
