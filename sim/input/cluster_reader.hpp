// SPDX-License-Identifier: Apache-2.0
// A document becomes a Cluster.
#pragma once

#include "input/document.hpp"
#include "model/cluster.hpp"

#include <span>
#include <string_view>

namespace tokenyard {

/// The keys at the top of a cluster file.
std::span<const std::string_view> cluster_keys();

/// Throws InputError for anything unknown, missing, out of range, or that does not fit together.
Cluster cluster_from(const YamlPtr& root);

}  // namespace tokenyard
