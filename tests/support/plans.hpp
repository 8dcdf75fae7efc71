// SPDX-License-Identifier: Apache-2.0
// Schedules of exchanges that tests give in bytes, or draw.
#pragma once

#include "collective/plan.hpp"
#include "model/costs.hpp"
#include "model/exchange.hpp"
#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard {

/// S(i,k) in bytes as dispatch.
Exchange exchange_of(const VolumeMatrix& volumes);

/// These volumes by `direct`.
Schedule plan_direct(const VolumeMatrix& volumes, const Fabric& fabric);

/// Tokens routed at random to `experts_a_rank` experts on each GPU of the fabric: dispatch, in BF16 with 12 bytes
/// of metadata.
Exchange routed_exchange(const Fabric& fabric, int experts_a_rank, int experts_per_token, int hidden, int tokens_a_rank,
                         std::uint32_t seed);

/// The way back of the same tokens.
Exchange combine_of(const Exchange& dispatch);

/// The exchange, or with equal volumes for all pairs where the algorithm takes no others.
Exchange as_taken_by(const Algorithm& algorithm, Exchange exchange, const Fabric& fabric);

/// Every algorithm, for GENERATE.
std::vector<const Algorithm*> every_algorithm();
/// Names of those that can carry out the exchange, for GENERATE_COPY.
std::vector<std::string> algorithms_for(const Exchange& exchange, const Fabric& fabric);

/// Costs of every kind, none of them 0, for laws that must hold whatever they are.
Costs some_costs();

/// The same with a value for every row of the table, none of which costs nothing.
Costs every_cost();

}  // namespace tokenyard
