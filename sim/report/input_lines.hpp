// SPDX-License-Identifier: Apache-2.0
// The lines with which every table names its inputs.
#pragma once

#include "model/case.hpp"

#include <string>

namespace tokenyard {

/// A file's name or an option's value may hold anything; a `#` line must stay one.
std::string one_line(std::string text);

/// The files and what the command line changed: enough to ask again.
std::string input_lines(const InputRecord& inputs);

}  // namespace tokenyard
