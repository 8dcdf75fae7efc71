// SPDX-License-Identifier: Apache-2.0
#include "report/study_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tokenyard {

std::vector<VaryingInput> varying_inputs(const Study& study, Samples samples) {
    std::vector<VaryingInput> inputs;
    const auto add_files = [&](const char* title, const std::vector<StudyFile>& files, StudyFile StudyCase::*file) {
        if (files.size() > 1) inputs.push_back({title, [file](const StudyCase& one) { return (one.*file).name; }});
    };
    add_files("cluster", study.clusters, &StudyCase::cluster);
    add_files("workload", study.workloads, &StudyCase::workload);
    add_files("calibration", study.calibrations, &StudyCase::calibration);
    for (const StudyAxis& axis : study.axes) {
        if (axis.is_sample && samples == Samples::left_out) continue;
        for (const std::string& key : axis.keys)
            inputs.push_back({short_key(key), [key](const StudyCase& one) {
                                  const Override& each = *std::ranges::find(one.overrides, key, &Override::path);
                                  return each.label.empty() ? each.value : each.label;
                              }});
    }
    if (study.algorithms.size() > 1) inputs.push_back({"algorithm", [](const StudyCase& one) { return one.algorithm; }});
    return inputs;
}

std::string described(const Study& study, const StudyCase& one) {
    std::string text;
    for (const VaryingInput& input : varying_inputs(study, Samples::left_out))
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", input.title, input.of(one));
    return text.empty() ? study.name : text;
}

std::size_t place_of(const StudyResults& results, std::string_view output) {
    return static_cast<std::size_t>(std::ranges::find(results.outputs, output, &OutputColumn::name) - results.outputs.begin());
}

std::string short_number(double number) {
    constexpr double six_digits = 1e6, fifteen_digits = 1e15;  // beyond those a double has none
    const bool is_long = std::abs(number) >= six_digits && std::abs(number) < fifteen_digits;
    return is_long ? fmt::format("{:.0f}", number) : fmt::format("{:.6g}", number);
}

std::optional<double> number_in(const Cell& cell) {
    if (const auto* real = std::get_if<double>(&cell)) return *real;
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*whole);
    return {};
}

}  // namespace tokenyard
