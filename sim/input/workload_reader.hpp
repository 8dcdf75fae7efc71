// SPDX-License-Identifier: Apache-2.0
// A document becomes a Workload for a given number of ranks.
#pragma once

#include "input/document.hpp"
#include "model/workload.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace tokenyard {

/// The keys at the top of a workload file.
std::span<const std::string_view> workload_keys();

/// `cluster_gpus`: GPUs of the cluster it runs on; without, what needs them is left open (Workload::ranks is 0 unless
/// the file says it). Reads the files that it names. Throws InputError for anything that does not fit.
Workload workload_from(const YamlPtr& root, std::optional<int> cluster_gpus);

}  // namespace tokenyard
