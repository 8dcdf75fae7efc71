// SPDX-License-Identifier: Apache-2.0
// How long work on the device takes, by CUDA's events.
#pragma once

#include "cuda/device.hpp"
#include "record/sampling.hpp"

#include <functional>
#include <vector>

namespace tokenyard::gpu {

struct Timing {
    double median_us = 0, p5_us = 0, p95_us = 0;  // of one turn
    int turns_per_sample = 1;
    std::string stopped_by = "count";  // as reason_to_stop says
    bool is_held_back = true;          // the device had begun no sample before the host had handed over all of it
    std::vector<double> samples_us;    // in the order in which they were taken
};

/// Times turns of `work`, which is given the number of the turn, so that it can rotate among sets of inputs. Turns are put
/// between two events by the batch, at least 10 and so many that a sample lasts 200 us or more (256 at most), behind a gate that
/// opens when the host has handed over all of them: then neither the events nor a host that is late count. Runs all a few times
/// first; the device's clocks are the caller's to warm up. Pre: a turn is a few launches and waits for nothing.
Timing measure(const Stream& stream, const Sampling& sampling, const std::function<void(int turn)>& work);

}  // namespace tokenyard::gpu
