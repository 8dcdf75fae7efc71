// SPDX-License-Identifier: Apache-2.0
// Ranks as processes of one machine, several of them on one GPU where there are more ranks than GPUs.
#pragma once

#include "cli/run.hpp"
#include "net/group.hpp"

#include <functional>
#include <vector>

namespace tokenyard::gpu {

/// Forks a process for each rank, waits for them all and gives what each ended with; one that a signal ended counts as 3. Nothing
/// of CUDA may have been called before.
std::vector<Outcome> fork_ranks(int ranks, const std::function<int(int rank, const LastWords& last_words)>& work);

/// Writes what went wrong to stderr, each message once, in the order of ranks; gives the exit code of all: 3 before others, then
/// the first that is not 0.
int combined(const std::vector<Outcome>& outcomes);

/// Before NCCL is called for the first time in a process whose GPU others use too: makes NCCL take each rank for a node of its
/// own and send through TCP on the loopback interface, since it refuses two ranks of a node on one GPU. Variables that are set
/// stay.
void share_a_gpu(int rank);

}  // namespace tokenyard::gpu
