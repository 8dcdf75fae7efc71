// A fitted calibration as text, and as YAML that can be read again.
#include "report/report.hpp"

#include <fmt/format.h>

namespace tokenyard {
namespace {

/// "5.91 us", "20.4 GB/s", "0.62".
std::string shown(double value, ParameterUnit unit) {
    switch (unit) {
        case ParameterUnit::seconds: return fmt::format("{:.4g} us", value * 1e6);
        case ParameterUnit::bytes_per_second: return fmt::format("{:.4g} GB/s", value / 1e9);
        case ParameterUnit::part: return fmt::format("{:.4g}", value);
    }
    return "";
}

std::string parameter_line(const FittedParameter& fitted) {
    const ParameterUnit unit = fitted.parameter->unit;
    return fmt::format("# {:<30} {:>14} {:>14} {:>14} {:>14}\n", fitted.parameter->name, shown(fitted.start, unit),
                       shown(fitted.value, unit), shown(fitted.low, unit), shown(fitted.high, unit));
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

std::string as_yaml(const CalibrationFit& fit) { return as_text(fit) + as_yaml(fit.costs); }

}  // namespace tokenyard
