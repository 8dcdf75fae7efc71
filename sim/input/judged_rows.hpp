// SPDX-License-Identifier: Apache-2.0
// What predictions are held against: the shipped table of judged rows, which `validate --judged-rows` writes.
#pragma once

#include "model/standing.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// The rows of validation/judged_rows.csv beside the program; none where it is not installed. Throws InputError for what is wrong
/// in it.
std::vector<JudgedRow> shipped_judged_rows();

/// The rows of such a file.
std::vector<JudgedRow> read_judged_rows(const std::string& file);

}  // namespace tokenyard
