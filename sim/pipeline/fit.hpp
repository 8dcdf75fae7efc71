// Calibrations from measurements.
#pragma once

#include "model/fit.hpp"
#include "pipeline/predict.hpp"

namespace tokenyard {

/// Fits some parameters of a calibration to those rows of the records whose use is `fit`, and to no others. Pre: the records were
/// read with the calibration `start`; there are more such rows than parameters, each parameter of `start` is above 0, and no
/// algorithm refuses its row.
CalibrationFit fit(const std::vector<Record>& records, const std::vector<const CostKey*>& parameters, const Costs& start,
                   const PredictOptions& options);

}  // namespace tokenyard
