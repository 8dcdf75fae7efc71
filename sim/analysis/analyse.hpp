// SPDX-License-Identifier: Apache-2.0
// The door of the analysis: a timeline becomes a phase with its bounds and bottlenecks.
#pragma once

#include "model/fabric.hpp"
#include "model/prediction.hpp"
#include "model/routing.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// `volumes` is what the exchange asks for, copy by copy: algbw and skew speak of it, whatever the schedule moves.
/// algbw = max over ranks of max(bytes sent, bytes received), the diagonal included, / completion; busbw = algbw x
/// (n - 1) / n: nccl-tests' definitions for alltoall (doc/PERFORMANCE.md) and alltoallv (src/alltoallv.cu).
/// Pre: `bounds` are those of the schedule, and the timeline is held to them.
Phase analyse(const std::string& name, const Fabric& fabric, const VolumeMatrix& volumes, const Schedule& schedule,
              const Timeline& timeline, const std::vector<Bound>& bounds);

/// The averages over all tokens; all 0 without tokens.
TokenSpread measure_spread(const TokenMatrix& tokens, std::size_t token_count);

/// What the first `nodes` nodes and the network between all of them are made of, cost and draw:
///   price = nodes x node + NICs x nic + switches x switch, power alike; a NIC without its own is in its node's.
/// NICs that are down count, as they were bought.
Hardware hardware_of(const Cluster& cluster, const Fabric& fabric, int nodes);

}  // namespace tokenyard
