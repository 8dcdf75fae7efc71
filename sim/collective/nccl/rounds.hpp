// SPDX-License-Identifier: Apache-2.0
// Whom each rank sends to and receives from, round by round.
#pragma once

#include "collective/nccl/communicator.hpp"

namespace tokenyard {

struct NcclRound {
    int send_to = 0, receive_from = 0;

    bool operator==(const NcclRound&) const = default;
};

/// The peers of a rank in a round, of which there are as many as ranks. With D = group_deltas[round / G], d = local_deltas[round
/// mod G]:
///   send_to      = (group + D) mod groups x G + (local + d) mod G
///   receive_from = (group - D) mod groups x G + (local - d) mod G
/// Round 0 is the rank itself. In every round each rank is sent to by exactly one, and r sends to X in the round in which X
/// receives from r. Pre: 0 <= rank, round < ranks.
/// Source: NCCL v2.28.9-1 init.cc:766-838, v2.27.7-1 init.cc:1090-1140.
NcclRound peers_in_round(const NcclCommunicator& communicator, int rank, int round);

/// The round in which source sends to destination: the inverse of peers_in_round. Pre: both are ranks.
int round_between(const NcclCommunicator& communicator, int source, int destination);

}  // namespace tokenyard
