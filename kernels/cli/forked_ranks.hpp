// SPDX-License-Identifier: Apache-2.0
// Ranks as processes of one machine, several of them on one GPU where there are more ranks than GPUs.
#pragma once

#include "cli/run.hpp"
#include "net/group.hpp"

#include <functional>
#include <vector>

namespace tokenyard::gpu {

/// Forks a process for each rank, waits for them all and gives the exit code of all: 3 before others, then that of the first rank
/// that did not give 0. What a rank says at its end is written to stderr as it comes, each message once; so is that a signal
/// ended one, which counts as 3. When one has gone wrong, the others have some seconds to notice, and are ended then. `forked`
/// runs in this process when all are there. Nothing of CUDA may have been called before.
int fork_ranks(int ranks, const std::function<int(int rank, const LastWords& last_words)>& work,
               const std::function<void()>& forked);

/// Writes what went wrong to stderr, each message once, in the order of ranks; gives the exit code of all, as above.
int combined(const std::vector<Outcome>& outcomes);

/// Before NCCL is called for the first time in a process whose GPU others use too: makes NCCL take each rank for a node of its
/// own and send through TCP on the loopback interface, since it refuses two ranks of a node on one GPU. Variables that are set
/// stay.
void share_a_gpu(int rank);

}  // namespace tokenyard::gpu
