// SPDX-License-Identifier: Apache-2.0
// The synthetic router: draws each token's experts and weights, bit for bit as the simulator's routing stage draws them.
#pragma once

#include "cuda/device.hpp"
#include "moe/router_table.hpp"

#include <cstdint>

namespace tokenyard::gpu {

/// On the device: what words of the generator draw which expert.
struct DeviceRouterTable {
    explicit DeviceRouterTable(const RouterTable& table);

    RouterShape shape;
    DeviceArray<std::uint32_t> weights;     // one an expert
    DeviceArray<std::uint64_t> thresholds;  // expert e is drawn by words in [thresholds[e], thresholds[e + 1])
};

/// Draws the experts of tokens 0 ... tokens - 1 of one rank, and their weights, which sum to 1 up to rounding.
/// Token t's numbers are functions of (seed, rank, t) alone: Philox 4x32-10, integer thresholds, no libm. Experts come one after
/// another in proportion to the table's weights, none twice, and only from the first `groups_per_token` groups that are reached;
/// what is not allowed is passed over, and behind 64 in a row the rest is drawn from exactly.
///   expert_ids, expert_weights: device, tokens x experts_per_token
/// Asynchronous on `stream`; nothing to do for 0 tokens. Pre: rank, tokens >= 0.
void route(const DeviceRouterTable& table, std::uint64_t seed, int rank, int tokens, std::int32_t* expert_ids,
           float* expert_weights, cudaStream_t stream);

}  // namespace tokenyard::gpu
