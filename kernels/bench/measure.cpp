// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.hpp"

#include "cuda/gate.hpp"
#include "record/json.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

namespace tokenyard::gpu {
namespace {

constexpr double least_sample_us = 200;
constexpr int warm_up_turns = 3, least_turns = 10;
constexpr int most_turns = 256;  // what waits at a gate must fit into the stream, some launches a turn (cuda/gate.hpp)

}  // namespace

Timing measure(const Stream& stream, const Sampling& sampling, const std::function<void(int turn)>& work) {
    Event start, end;
    Gate gate;
    int turn = 0;
    const auto time_turns = [&](int turns) {
        {
            const ClosedGate closed(&gate, stream.get());
            start.record(stream);
            for (int i = 0; i < turns; ++i) work(turn++);
            end.record(stream);
        }
        end.wait();
        return microseconds_between(start, end) / turns;
    };
    time_turns(warm_up_turns);
    const double guess = std::max(time_turns(warm_up_turns), 1e-3);
    const int turns = std::clamp(static_cast<int>(std::ceil(least_sample_us / guess)), least_turns, most_turns);
    gate.has_held();  // the first turns may load kernels, which waits for the device
    std::vector<double> times;
    std::string stopped_by;
    for (const auto begin = std::chrono::steady_clock::now(); stopped_by.empty();) {
        for (int sample = 0; sample < sampling.least; ++sample) times.push_back(time_turns(turns));
        stopped_by = reason_to_stop(sampling, times, seconds_since(begin));
    }
    return {quantile(times, 0.5), quantile(times, 0.05), quantile(times, 0.95), turns, stopped_by, gate.has_held(), times};
}

}  // namespace tokenyard::gpu
