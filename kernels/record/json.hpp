// SPDX-License-Identifier: Apache-2.0
// Records: one JSON object a line, the first line of a file saying what it was made on and by.
#pragma once

#include "cuda/device.hpp"

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace tokenyard::gpu {

template <class... Values>
std::string formatted(const char* format, Values... values) {
    char text[512];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

/// As a JSON string.
std::string quoted(const std::string& text);

/// As a JSON array.
std::string as_json(const std::vector<double>& values);
std::string as_json(const std::vector<std::size_t>& values);
std::string as_json(const std::vector<int>& values);
std::string as_json(const std::vector<std::string>& values);
std::string as_json(const std::vector<std::vector<std::size_t>>& rows);

/// A pair for each variable of the environment that sets NCCL or CUDA going another way: {"NCCL_HOSTID": "vhost0"}.
std::string environment_as_json();

/// The first line: schema, GPU, CUDA, driver, clocks as nvidia-smi tells them (null where it does not), date, commit, command,
/// and `more`, pairs of a key and a JSON value.
std::string context_line(const std::string& schema, const DeviceDescription& device, const std::string& command,
                         const std::vector<std::pair<std::string, std::string>>& more = {});

/// median, 5th and 95th percentile (nearest sample), noise (record/sampling.hpp), count, and the samples themselves:
/// `"median_us": ..., "samples_us": [...]`.
std::string samples_as_json(const std::vector<double>& samples_us);

/// The sample at that part of the way from least to most. Pre: not empty.
double quantile(std::vector<double> samples, double part);

}  // namespace tokenyard::gpu
