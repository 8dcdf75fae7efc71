// SPDX-License-Identifier: Apache-2.0
// Direct exchanges in one line.
#pragma once

#include "engine/simulate.hpp"
#include "model/cluster.hpp"
#include "model/routing.hpp"

namespace tokenyard {

/// Microseconds until the last transfer of a direct exchange of `volumes` ends.
double completion_of(const Cluster& cluster, const VolumeMatrix& volumes, EngineKind engine);

}  // namespace tokenyard
