// The numbers of a calibration that can be fitted, by the names that its YAML gives them.
#pragma once

#include "model/costs.hpp"

#include <span>
#include <string_view>

namespace tokenyard {

enum class ParameterUnit { seconds, bytes_per_second, part };

/// A positive number of a calibration in SI units. A rate of 0 is no limit, and is nothing that a fit could start from.
struct Parameter {
    std::string_view name;  // "nccl.launch"
    ParameterUnit unit = ParameterUnit::seconds;
    double (*get)(const Costs&) = nullptr;
    void (*set)(Costs&, double) = nullptr;
};

std::span<const Parameter> parameters();

/// Null when there is none of that name.
const Parameter* find_parameter(std::string_view name);

}  // namespace tokenyard
