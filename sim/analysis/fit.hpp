// SPDX-License-Identifier: Apache-2.0
// Least squares: which parameters make predictions agree best with measurements, and how well the data know them.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace tokenyard {

/// A fitted parameter and its 95 % confidence interval.
struct FittedValue {
    double value = 0, low = 0, high = 0;
};

struct LeastSquares {
    std::vector<FittedValue> values;  // in the order of the parameters
    std::vector<double> residuals;    // of each row at the end: ln(predicted / measured)
    double before = 0, after = 0;     // root mean square of the residuals
    int evaluations = 0;
    /// Groups of parameters that the rows cannot tell apart: together they could be changed much and no prediction with them.
    /// Each is given by places in the parameters. Empty for a good fit; `values` mean nothing otherwise.
    std::vector<std::vector<std::size_t>> inseparable;
};

/// Minimises the sum of squared ln(predicted / measured), so that every row counts by its relative error, over the logarithms of
/// the parameters, which so stay positive (Levenberg-Marquardt with a numeric Jacobian; More, "The Levenberg-Marquardt algorithm:
/// implementation and theory", 1978). Intervals: from s^2 (J^T J)^-1 with s^2 = sum of squares / (rows - parameters).
/// Parameters are inseparable when along a singular vector of J they would have to change by more than a factor of `most_vague`
/// before the predictions changed by as much as they are off now. `log_ratios` gives a residual for each row. No parameter is
/// tried above its entry in `most`, nor does its interval reach there; empty: there are no limits. Pre: more rows than
/// parameters, all of `start` above 0 and none above its limit.
LeastSquares fit_logarithms(const std::function<std::vector<double>(const std::vector<double>&)>& log_ratios,
                            const std::vector<double>& start, const std::vector<double>& most = {}, double most_vague = 2);

}  // namespace tokenyard
