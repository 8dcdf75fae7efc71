// SPDX-License-Identifier: Apache-2.0
// Which ranks hold which experts.
#pragma once

#include "model/workload.hpp"

#include <cstdint>
#include <vector>

namespace tokenyard {

/// `copies_of_expert`, what each expert receives, decides which ones a redundant placement copies, and nothing elsewhere.
ExpertMap place_experts(const TokenWorkload& workload, const std::vector<std::uint64_t>& copies_of_expert);

/// How many experts and copies of experts each rank has room for, whichever they are.
std::vector<int> slots_of_ranks(const TokenWorkload& workload);

}  // namespace tokenyard
