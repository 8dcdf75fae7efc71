// SPDX-License-Identifier: Apache-2.0
// An all-to-all of NCCL by copy engines instead of a kernel.
#pragma once

#include "model/costs.hpp"
#include "model/routing.hpp"
#include "model/schedule.hpp"

#include <span>
#include <vector>

namespace tokenyard {

/// All pairs exchange the same bytes, more than none, themselves among them.
bool is_equal(const VolumeMatrix& volumes);

/// ncclAlltoAll by copy engines, where it may: one NVLink domain, equal sizes, windows that are registered. Straight into the
/// peer's buffer, between two barriers (append_copies). As an algorithm's append (collective/plan.hpp). Pre: is_equal(volumes).
/// Source: NCCL v2.28.9-1 ce_coll.cc:82-99, 424-477.
std::vector<StepId> append_copy_engines(const VolumeMatrix& volumes, const NcclCosts& costs, const std::vector<StepId>& ready,
                                        Schedule& schedule);

/// What each of these ranks, which one NVLink domain joins, copies to each of them, itself first and then those behind it in
/// turn: all at once. With more than 8 of them and 512 MiB or more a rank, NCCL 2.28 copies to 8 peers at a time, with a barrier
/// between; from 2.29 on every copy is cut into pieces of 512 MiB / n, and a rank copies the next piece for every peer when it
/// has copied this one, without waiting for others. `begun` and what is given are steps by place in `ranks`; what is given has
/// ended when a rank has copied and received all.
/// Source: NCCL v2.28.9-1 ce_coll.cc:389-477; NCCL v2.30.7 ce_coll.cc:398-480, where cudaMemcpyBatchAsync may be used
/// (driver 12.8 and newer, not in a CUDA graph).
std::vector<StepId> append_copies(std::span<const int> ranks, const VolumeMatrix& volumes, const NcclCosts& costs,
                                  std::vector<StepId> begun, Schedule& schedule);

/// A barrier of these ranks: each tells all others by one of its stream's memory operations, and waits for all by another one.
/// Source: NCCL v2.30.7 ce_coll.cc:231-.
std::vector<StepId> append_memory_barrier(std::span<const int> ranks, const NcclCosts& costs, const std::vector<StepId>& before,
                                          Schedule& schedule);

/// One memory operation of a rank's stream behind these steps.
StepId append_memory_operation(int rank, const NcclCosts& costs, std::span<const StepId> waits_for, Schedule& schedule);

}  // namespace tokenyard
