// SPDX-License-Identifier: Apache-2.0
// What runs inside SimGrid's process.
#pragma once

#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <atomic>
#include <span>

namespace tokenyard {

/// Written by the child, read by its parent.
struct SimgridResult {
    std::atomic<double> done;  // part of the steps that have ended
    bool is_complete;
    char error[512];  // empty when all is well
};

/// Simulates the schedule and writes when each step ended, in microseconds. Never throws; once a process.
void run_simgrid(const Fabric& fabric, const Schedule& schedule, SimgridResult& result, std::span<double> ends) noexcept;

}  // namespace tokenyard
