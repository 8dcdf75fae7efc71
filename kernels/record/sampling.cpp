// SPDX-License-Identifier: Apache-2.0
#include "record/sampling.hpp"

#include "record/json.hpp"

namespace tokenyard::gpu {

double noise_of(const std::vector<double>& samples_us) {
    const double median = quantile(samples_us, 0.5);
    return median > 0 ? (quantile(samples_us, 0.75) - quantile(samples_us, 0.25)) / median : 0;
}

std::string reason_to_stop(const Sampling& sampling, const std::vector<double>& samples_us, double elapsed_s) {
    if (samples_us.size() < static_cast<std::size_t>(sampling.least)) return "";
    if (sampling.most_noise <= 0) return "count";
    if (noise_of(samples_us) <= sampling.most_noise) return "noise";
    return elapsed_s >= sampling.most_s ? "time" : "";
}

}  // namespace tokenyard::gpu
