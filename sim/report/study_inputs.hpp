// SPDX-License-Identifier: Apache-2.0
// What differs among the cases of a study, as tables and sentences name it. Private to this folder.
#pragma once

#include "model/study.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// A column of what differs among the cases.
struct VaryingInput {
    std::string title;
    std::function<std::string(const StudyCase&)> of;
};

enum class Samples { shown, left_out };

std::vector<VaryingInput> varying_inputs(const Study& study, Samples samples);

/// "ranks 16, algorithm two-level"; the study's name where nothing differs.
std::string described(const Study& study, const StudyCase& one);

/// The place of an output in the results; behind all where there is none.
std::size_t place_of(const StudyResults& results, std::string_view output);

/// Six digits, and all of those in front of the point: 294.534, 1402600.
std::string short_number(double number);

/// A number of a cell; nothing for what is none.
std::optional<double> number_in(const Cell& cell);

}  // namespace tokenyard
