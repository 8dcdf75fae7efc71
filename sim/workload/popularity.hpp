// SPDX-License-Identifier: Apache-2.0
// How popular each expert is, as whole numbers that every machine computes alike.
#pragma once

#include "model/workload.hpp"

#include <cstdint>
#include <vector>

namespace tokenyard {

/// Weights of the experts; they add up to less than 2^32, and every expert with a share has at least 1.
/// For all routing kinds but trace and skew. Pre: routing is one of them.
std::vector<std::uint32_t> popularity(const RoutingSource& routing, int experts, std::uint64_t seed);

/// Weights that are log-normal over ranks and alike for the experts of one: what skew searches through.
std::vector<std::uint32_t> rank_lognormal_popularity(double sigma, const ExpertMap& experts, int ranks, std::uint64_t seed);

}  // namespace tokenyard
