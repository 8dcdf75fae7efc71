// SPDX-License-Identifier: Apache-2.0
// Finds the popularity for which the busiest rank receives a given multiple of the mean.
#pragma once

#include "model/workload.hpp"

#include <cstdint>
#include <vector>

namespace tokenyard {

/// Weights that are log-normal over ranks and alike within one, with the sigma for which received copies have
/// max / mean = `max_over_mean`, found by bisection on the routing itself (on a part of it when it is large). With
/// redundant placement the ranks are those without the extra copies: the skew that redundancy then has to mend.
std::vector<std::uint32_t> popularity_with_skew(double max_over_mean, const TokenWorkload& workload, std::uint64_t seed);

}  // namespace tokenyard
