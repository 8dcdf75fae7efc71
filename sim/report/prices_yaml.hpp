// SPDX-License-Identifier: Apache-2.0
// What a cluster costs and draws, as the YAML that it was read from.
#pragma once

#include "model/cluster.hpp"

#include <string>

namespace tokenyard {

/// Lines with the keys prices and power; none where the cluster gives neither.
std::string prices_yaml(const Cluster& cluster);

}  // namespace tokenyard
