// SPDX-License-Identifier: Apache-2.0
// When there are samples enough.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tokenyard::gpu {

struct Sampling {
    int least = 20;         // samples; taken in batches of so many
    double most_noise = 0;  // of noise_of; 0: the least samples and no more
    double most_s = 1;      // of taking samples, where they do not become quiet
};

/// The interquartile range over the median, which few late samples do not change: 0.01 is 1 %. 0 where the median is 0. Pre: not
/// empty.
double noise_of(const std::vector<double>& samples_us);

/// Why no more samples are to be taken: "count", there were to be so many; "noise", there is as little as was asked for; "time",
/// there is more, but it has been long enough. Empty: go on.
std::string reason_to_stop(const Sampling& sampling, const std::vector<double>& samples_us, double elapsed_s);

inline double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace tokenyard::gpu
