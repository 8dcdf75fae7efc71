// SPDX-License-Identifier: Apache-2.0
// The values of a study's axes: lists and ranges, as texts that overrides take.
#pragma once

#include "input/document.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard {

/// A value as YAML on one line, which reads as the same value again.
std::string as_flow(const YamlNode& node);

/// A list of values, each once, or a range: {from, to, step} or {from, to, factor}, of numbers that all have the same unit or
/// none; `to` belongs to it where a step meets it. Throws InputError, for more than `most` values too.
std::vector<std::string> axis_values(const YamlPtr& yaml, const std::string& what, std::size_t most);

/// What stands in a list of values, and what people call it: `{label: fat tree 2:1, value: {...}}`, else the value itself without
/// a label.
struct LabelledValue {
    YamlPtr value;
    std::string label;
};
LabelledValue labelled_value(const YamlPtr& yaml);

/// The labels of an axis' values, one a value; empty texts where there are none.
std::vector<std::string> axis_labels(const YamlPtr& yaml, std::size_t count);

/// How many seeds (from 1), a list of them, or a range {from, to, step}.
std::vector<std::uint64_t> seeds_value(const YamlPtr& yaml, std::size_t most);

/// "exact" as 0, or a percentage as a part of 1.
double accuracy_value(const YamlNode& node);

}  // namespace tokenyard
