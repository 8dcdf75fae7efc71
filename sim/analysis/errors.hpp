// SPDX-License-Identifier: Apache-2.0
// Statistics of prediction errors.
#pragma once

#include "model/validation.hpp"

#include <utility>
#include <vector>

namespace tokenyard {

/// The median of an even number of values is the mean of the middle two; all 0 for none.
ErrorSummary summarise(std::vector<double> errors);

/// Of the judged rows of all records together: where latency decides, and where bandwidth does.
std::pair<ErrorSummary, ErrorSummary> summarise(const std::vector<RecordVerdict>& verdicts);

/// Fills all but `rows`, and holds the judged rows, without those that were refused, to the record's limits.
void judge(const Record& record, RecordVerdict& verdict);

}  // namespace tokenyard
