// SPDX-License-Identifier: Apache-2.0
// One machine of a cluster file: its GPUs, what joins them, and its NICs.
#pragma once

#include "input/document.hpp"
#include "model/cluster.hpp"

namespace tokenyard {

inline constexpr long most_gpus = 65536;  // of a cluster; beyond it no result would come in time

/// Throws InputError for anything unknown, missing, out of range, or that does not fit together inside the node.
Node node_from(const YamlPtr& yaml);

/// Throws InputError for what a chip cannot say of a GPU: it may give memory, memory_bandwidth, sms and flops.
void check_gpu_facts(const YamlPtr& yaml);

}  // namespace tokenyard
