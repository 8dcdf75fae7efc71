// SPDX-License-Identifier: Apache-2.0
// How long a schedule takes, for those who ask for nothing else.
#pragma once

#include "engine/simulate.hpp"

#include <vector>

namespace tokenyard {

/// The completions that predict() gives for phases of these schedules: makespans, those of runs that need not be exact held to
/// what the steps cannot beat.
std::vector<Seconds> completions_of(const Fabric& fabric, const std::vector<Schedule>& schedules, EngineKind kind,
                                    Accuracy accuracy);

}  // namespace tokenyard
