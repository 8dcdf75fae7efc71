// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/rounds.hpp"

#include <cassert>

namespace tokenyard {

NcclRound peers_in_round(const NcclCommunicator& communicator, int rank, int round) {
    assert(rank >= 0 && rank < communicator.rank_count() && round >= 0 && round < communicator.rank_count());
    const int size = communicator.group_size, groups = communicator.rank_count() / size;
    const int group_delta = communicator.group_deltas[static_cast<std::size_t>(round / size)],
              local_delta = communicator.local_deltas[static_cast<std::size_t>(round % size)];
    const int group = rank / size, local = rank % size;
    return {(group + group_delta) % groups * size + (local + local_delta) % size,
            (group - group_delta + groups) % groups * size + (local - local_delta + size) % size};
}

int round_between(const NcclCommunicator& communicator, int source, int destination) {
    assert(source >= 0 && source < communicator.rank_count() && destination >= 0 && destination < communicator.rank_count());
    const int size = communicator.group_size, groups = communicator.rank_count() / size;
    const int group_delta = (destination / size - source / size + groups) % groups;
    const int local_delta = (destination % size - source % size + size) % size;
    return communicator.position_of_delta[static_cast<std::size_t>(group_delta)] * size +
           communicator.position_of_local[static_cast<std::size_t>(local_delta)];
}

}  // namespace tokenyard
