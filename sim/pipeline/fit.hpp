// SPDX-License-Identifier: Apache-2.0
// Calibrations from measurements.
#pragma once

#include "model/fit.hpp"
#include "pipeline/predict.hpp"

namespace tokenyard {

/// The rows of the records that are there to be fitted to.
std::vector<RecordRow> fit_rows(const std::vector<Record>& records);

/// Fits some parameters to those rows of the records whose use is `fit`, and to no others. What was fitted is put on top of
/// `start`. Pre: there are more such rows than parameters, and all have one value of each parameter, above 0, from which the fit
/// starts.
CalibrationFit fit(const std::vector<Record>& records, const std::vector<const CostKey*>& parameters, const GivenCosts& start,
                   const PredictOptions& options);

}  // namespace tokenyard
