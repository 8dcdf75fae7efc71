// SPDX-License-Identifier: Apache-2.0
// What NCCL works out once for all ranks when a communicator is made: groups of ranks, channels, chunk and NICs.
#pragma once

#include "collective/nccl/layout.hpp"

#include <vector>

namespace tokenyard {

/// Which NIC each GPU of a node takes, and whose GPU a NIC is.
struct NcclNics {
    std::vector<std::vector<int>> of_gpu;  // by local index; channel c takes entry c mod size
    std::vector<int> gpu_of_nic;           // -1: of no GPU
};

struct NcclCommunicator {
    NcclLayout layout;
    std::vector<int> node_of_rank;
    std::vector<int> first_rank;  // of each node
    int most_ranks_of_node = 1;
    std::vector<NcclNics> nics;  // of each node

    int group_size = 1;                  // G: consecutive ranks that are scheduled together
    std::vector<int> local_deltas;       // distance in a group, in the order of the rounds
    std::vector<int> position_of_local;  // its inverse
    std::vector<int> group_deltas;       // distance in groups, in the order of the rounds
    std::vector<int> position_of_delta;  // its inverse

    int channels = 1;           // C: p2p channels, a power of two. One is one CTA of the kernel
    int channels_per_peer = 1;  // most channels of a message, a power of two
    int channels_at_first = 1;  // channels of a message before its parts are found too large
    Bytes chunk;                // slot of a SIMPLE connection's FIFO

    int rank_count() const { return static_cast<int>(node_of_rank.size()); }
    int node_count() const { return static_cast<int>(layout.nodes.size()); }
    int local_index(int rank) const;
    /// Same node and same NVLink domain; true for a rank and itself.
    bool share_nvlink(int a, int b) const;
};

/// The communicator of all ranks of the layout.
///   G  = gcd of the ranks of all nodes, and of schedule_group_size if there are several nodes     init.cc:771-775
///        2.27: the ranks of a node, or all ranks where nodes differ                  v2.27.7-1 init.cc:1090-1140
///   deltas: (x^2 + x) / 2 mod 2^ceil(log2 groups), x = 0, 1, ..., without those >= groups         init.cc:806-828
///        inside a group 0, 1, ...; 2.27: in the same order as groups                 v2.27.7-1 init.cc:1118-1130
///   C  = clamp(collective channels, min, max) rounded up to a power of two, at most 64            graph/paths.cc:866-885
///   channels_per_peer = the same of the least that any pair of ranks has, at most C:              graph/paths.cc:870-886
///        NVLink peer 2 x links; other peer of the node 2; peer of another node channels_per_net_peer or
///        max(nics_to_fill_gpu, 2 halved while x ranks > 4 x channels), channels not yet rounded   graph/paths.cc:836-849
///        2.29: max(nics_to_fill_gpu, ceil(whole GB/s of net_rate / 14)) instead, and what comes out of all this is halved
///        while x ceil(ranks / 8) > C                             v2.29.2-1 graph/paths.cc:823-853, 894-899
///   channels_at_first = channels_per_peer halved while x ranks > C                                enqueue.cc:1053-1056
///   chunk = net with several nodes, even between NVLink peers; nvlink on one where no pair lacks NVLink, which one GPU
///        fulfils; else pcie; at most buffer / 8; its 4 highest bits                               init.cc:716-721
/// Up to 2.28 NCCL takes the least of channels over the pairs of each node's own GPUs; where nodes differ so that these differ,
/// it does not agree with itself, and the least of all is taken here, as 2.29 does.
/// Pre: a node at least, each with ranks and, if given, NICs for every one.
NcclCommunicator make_nccl_communicator(NcclLayout layout);

}  // namespace tokenyard
