// Calibrations from measurements.
#pragma once

#include "model/fit.hpp"
#include "pipeline/predict.hpp"

namespace tokenyard {

/// Fits some parameters of a calibration to those rows of the records whose use is `fit`, and to no others. Every row is
/// predicted with `start` and the values that are tried, whatever calibration it was read with. Pre: more such rows than
/// parameters, each parameter of `start` is above 0, and no algorithm refuses its row.
CalibrationFit fit(const std::vector<Record>& records, const std::vector<const Parameter*>& parameters, const Costs& start,
                   const PredictOptions& options);

}  // namespace tokenyard
