// SPDX-License-Identifier: Apache-2.0
// An all-to-all of NCCL by copy engines instead of a kernel.
#pragma once

#include "model/costs.hpp"
#include "model/routing.hpp"
#include "model/schedule.hpp"

#include <vector>

namespace tokenyard {

/// All pairs exchange the same bytes, more than none, themselves among them.
bool is_equal(const VolumeMatrix& volumes);

/// ncclAlltoAll by copy engines, where it may: one node, equal sizes, windows that are registered. Straight into the peer's
/// buffer, all at once between two barriers; with more than 8 ranks and 512 MiB or more, 8 at a time. As an algorithm's append
/// (collective/plan.hpp). Pre: is_equal(volumes).
/// Source: NCCL v2.28.9-1 ce_coll.cc:82-99, 424-477.
std::vector<StepId> append_copy_engines(const VolumeMatrix& volumes, const NcclCosts& costs, const std::vector<StepId>& ready,
                                        Schedule& schedule);

}  // namespace tokenyard
