// SPDX-License-Identifier: Apache-2.0
// The second front door: measurements are held against predictions.
#pragma once

#include "model/validation.hpp"
#include "pipeline/predict.hpp"

namespace tokenyard {

/// Predicts every row of every record, `options.engine` and `options.accuracy` as given, on all cores, and sums the errors up.
/// A row whose algorithm cannot carry out its case says so and has no
/// prediction. Pre: the algorithms of the rows exist.
Validation validate(std::vector<Record> records, const PredictOptions& options);

/// Fills `coverage`: leaving out a record at a time, a chip at a time, and nothing.
void add_coverage(Validation& validation);

/// The judged rows that could be predicted, in their order.
std::vector<JudgedRow> judged_rows_of(const Validation& validation);

}  // namespace tokenyard
