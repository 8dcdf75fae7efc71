// SPDX-License-Identifier: Apache-2.0
// A fitted calibration as text, and as YAML that can be read again.
#include "report/cost_text.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

namespace tokenyard {
namespace {

std::string parameter_line(const FittedParameter& fitted) {
    const auto shown = [&](double value) { return cost_text(*fitted.parameter, value, 4); };
    return fmt::format("# {:<30} {:>14} {:>14} {:>14} {:>14}\n", fitted.parameter->name, shown(fitted.start), shown(fitted.value),
                       shown(fitted.low), shown(fitted.high));
}

}  // namespace

std::string as_text(const CalibrationFit& fit) {
    std::string text = fmt::format(
        "# {} rows, {} parameters; root mean square of ln(predicted / measured): {:.4f} before, {:.4f} after\n"
        "# {:<30} {:>14} {:>14} {:>14} {:>14}\n",
        fit.rows, fit.parameters.size(), fit.before, fit.after, "parameter", "before", "fitted", "95 %: from", "to");
    for (const FittedParameter& fitted : fit.parameters) text += parameter_line(fitted);
    return text;
}

std::string as_yaml(const CalibrationFit& fit) { return as_text(fit) + as_yaml(fit.calibration); }

}  // namespace tokenyard
