// SPDX-License-Identifier: Apache-2.0
// What CollectiveX writes of one case: an expert-parallel library on one machine, by tokens.
#pragma once

#include "import/library_times.hpp"
#include "input/source.hpp"

namespace tokenyard {

/// Median times of dispatch and combine of every row whose results were right. Keys that decide nothing here are passed over.
/// Throws InputError for what is missing, for a case that failed, and for one that times something else.
/// Source: SemiAnalysisAI/InferenceX, experimental/CollectiveX, record_type case-attempt, of 2026-07 to 2026-09.
LibraryTimes times_from_collectivex(const SourceText& source);

}  // namespace tokenyard
