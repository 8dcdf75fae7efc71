// SPDX-License-Identifier: Apache-2.0
// A calibration that was fitted, and how well the measurements know it.
#pragma once

#include "model/parts.hpp"
#include "model/record.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// A parameter's value, its 95 % confidence interval, and what it was before, in SI units.
struct FittedParameter {
    const CostKey* parameter = nullptr;
    double value = 0, low = 0, high = 0, start = 0;
};

struct CalibrationFit {
    GivenCosts calibration;  // what it started from with the fitted values, and where they are from among its sources
    std::vector<FittedParameter> parameters;
    std::size_t rows = 0;
    double before = 0, after = 0;          // root mean square of ln(predicted / measured) of the fit rows
    std::vector<std::string> inseparable;  // "nccl.launch and nccl.per_peer": then nothing was fitted
};

}  // namespace tokenyard
