// SPDX-License-Identifier: Apache-2.0
// What a calibration measures on a machine, and what it cannot.
#pragma once

#include "bench/bench.hpp"
#include "calibrate/child.hpp"

#include <string>
#include <vector>

namespace tokenyard::gpu {

/// What is known before anything is measured.
struct Machine {
    int gpus = 1;
    bool has_nccl = false, is_quick = false;
    std::string transport = "auto";
    std::vector<int> loopback_ranks;  // how many ranks share GPUs, one run each
    int timeout_s = 60;
};

struct NotMeasured {
    std::string what, why;
};

struct CalibrationPlan {
    std::vector<BenchOptions> kernels;  // all of tokens, hidden and experts a token that are varied
    std::vector<ChildRun> exchanges;
    std::vector<NotMeasured> not_measured;
};

CalibrationPlan plan_calibration(const Machine& machine);

}  // namespace tokenyard::gpu
