// SPDX-License-Identifier: Apache-2.0
// The rows of the table of causes, in two lists.
#pragma once

#include "doctor/doctor.hpp"

#include <span>

namespace tokenyard {

/// What the machine is: links, NICs, switches.
std::span<const Hypothesis> hardware_causes();

/// What runs on it: versions, channels, launches, ranks that come late.
std::span<const Hypothesis> software_causes();

}  // namespace tokenyard
