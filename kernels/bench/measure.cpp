// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.hpp"

#include "record/json.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tokenyard::gpu {
namespace {

constexpr double least_sample_us = 200;
constexpr int warm_up_turns = 3, most_turns = 2000;

}  // namespace

Timing measure(const Stream& stream, int samples, const std::function<void(int turn)>& work) {
    Event start, end;
    int turn = 0;
    const auto time_turns = [&](int turns) {
        start.record(stream);
        for (int i = 0; i < turns; ++i) work(turn++);
        end.record(stream);
        end.wait();
        return microseconds_between(start, end) / turns;
    };
    time_turns(warm_up_turns);
    const double guess = std::max(time_turns(warm_up_turns), 1e-3);
    const int turns = std::clamp(static_cast<int>(std::ceil(least_sample_us / guess)), 1, most_turns);
    std::vector<double> times;
    for (int sample = 0; sample < samples; ++sample) times.push_back(time_turns(turns));
    return {quantile(times, 0.5), quantile(times, 0.05), quantile(times, 0.95), turns, times};
}

}  // namespace tokenyard::gpu
