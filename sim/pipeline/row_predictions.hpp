// SPDX-License-Identifier: Apache-2.0
// Rows of records, predicted on all cores.
#pragma once

#include "model/validation.hpp"
#include "pipeline/predict.hpp"

#include <vector>

namespace tokenyard {

/// A verdict a row, in their order. A row whose algorithm cannot carry out its case says so and has no prediction.
/// Pre: the algorithms of the rows exist.
std::vector<RowVerdict> predict_rows(const std::vector<const RecordRow*>& rows, const PredictOptions& options);

}  // namespace tokenyard
