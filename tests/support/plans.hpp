// Schedules of exchanges that tests give in bytes, or draw.
#pragma once

#include "model/costs.hpp"
#include "model/exchange.hpp"
#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <cstdint>

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

/// Costs of every kind, none of them 0, for laws that must hold whatever they are.
Costs some_costs();

/// The same with a value for every row of the table, none of which costs nothing.
Costs every_cost();

}  // namespace tokenyard
