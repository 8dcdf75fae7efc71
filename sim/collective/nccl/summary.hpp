// SPDX-License-Identifier: Apache-2.0
// A rank's schedule in numbers, for a report.
#pragma once

#include "collective/nccl/batches.hpp"
#include "model/nccl_summary.hpp"

namespace tokenyard {

/// Counts what `schedule` holds. Pre: made by schedule_rank for that communicator.
NcclScheduleSummary summarise(const NcclCommunicator& communicator, const NcclRankSchedule& schedule);

}  // namespace tokenyard
