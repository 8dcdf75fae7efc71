// SPDX-License-Identifier: Apache-2.0
// What a study says, as text, CSV and JSON.
#pragma once

#include "model/study.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// A row for each group of cases that differ in their seed only; `#` lines say all that decided the results.
std::string as_text(const StudyResults& results);

/// The cases that a study would compute: their number, and a row for each with whatever differs among them.
std::string cases_as_text(const Study& study, const std::vector<StudyCase>& cases);

/// A row a case: inputs, then status and error, then outputs. Empty fields have no value.
std::string as_csv(const StudyResults& results);

/// schema tokenyard.study/1: inputs, every case, the groups, and the front where one was asked for.
std::string as_json(const StudyResults& results);

/// All that the page of a study shows (page/study reads it), on one line: what as_json says, but for values of columns instead of
/// cases one by one, so that 10,000 cases stay small enough for a browser; and the meaning of each output.
std::string as_page_data(const StudyResults& results);

}  // namespace tokenyard
