// SPDX-License-Identifier: Apache-2.0
// Starts the ranks of a run, or finds out which one this process is.
#pragma once

#include "cuda/device.hpp"
#include "net/group.hpp"
#include "transport/transport.hpp"

#include <functional>

namespace tokenyard::gpu {

struct RanksOptions {
    int forked = 0;  // processes to start here; 0: what a launcher has started, else a thread for each GPU that can be seen
    int timeout_s = 60;
    TransportOptions transport;
};

/// What a rank does; gives its exit code. `device` has been set.
using RankWork = std::function<int(Group& group, int device, const DeviceDescription& description)>;

/// Throws what is wrong with a number of ranks: called before any of them meet.
using RanksCheck = std::function<void(int ranks)>;

/// Runs all ranks that are this process's to run and gives their exit code: the first that is not 0, but 3 before others. What
/// went wrong is written to stderr, once where several ranks say the same. Throws UsageError, NoDevice.
int run_ranks(const RanksOptions& options, const RanksCheck& check, const RankWork& work);

}  // namespace tokenyard::gpu
