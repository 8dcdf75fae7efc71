// SPDX-License-Identifier: Apache-2.0
// What NCCL's scheduler of sends and receives looks at: ranks, nodes, NVLink, NICs and its own settings.
// Sources are NCCL v2.28.9-1, named by file and line relative to src/, where no other version is named.
#pragma once

#include "model/units.hpp"

#include <optional>
#include <vector>

namespace tokenyard {

constexpr Bytes nccl_kibibytes(double count) { return bytes(count * 1024); }

inline constexpr int nccl_max_channels = 64;    // MAXCHANNELS, include/device.h:86
inline constexpr int nccl_steps = 8;            // NCCL_STEPS, slots of a connection's FIFO, include/device.h:24
inline constexpr int nccl_works_per_batch = 8;  // NCCL_MAX_DEV_WORK_P2P_PER_BATCH, include/device.h:364

/// Whose rules hold. rccl is AMD's of ROCm 7, in all that is not said of it as 2.27; v2_27 is 2.27.3 to 2.28.3, v2_28 is 2.28.7
/// and 2.28.9, v2_29 is 2.29.2 to 2.29.7, v2_30 is 2.30.3 on. In the order of nccl.version's words (model/costs.hpp).
enum class NcclVersion { rccl, v2_27, v2_28, v2_29, v2_30 };

inline constexpr int rccl_channels_one_node = 64;  // of the 112 that it makes on 8 MI300X those that sends and receives can use
inline constexpr int rccl_channels_nodes = 32;     // cap on 2 to 4 nodes: RCCL, src/graph/paths.cc
inline constexpr Bytes rccl_ll_threshold = nccl_kibibytes(8);  // NCCL_P2P_LL_THRESHOLD of RCCL, a channel that a peer has

/// One node, or one multi-node NVLink clique, which NCCL treats as a node.
struct NcclNode {
    int ranks = 1;
    /// The NICs nearest to each of its GPUs, numbered within the node: graph/topo.cc:1641. Empty: one NIC for each GPU.
    std::vector<std::vector<int>> nics_of_gpu;

    bool operator==(const NcclNode&) const = default;
};

/// Environment variables and communicator settings, with NCCL's defaults.
struct NcclSettings {
    NcclVersion version = NcclVersion::v2_28;
    int min_p2p_channels = 1;                                 // NCCL_MIN_P2P_NCHANNELS, graph/paths.cc:856
    int max_p2p_channels = nccl_max_channels;                 // NCCL_MAX_P2P_NCHANNELS, graph/paths.cc:857
    std::optional<int> channels_per_net_peer;                 // NCCL_NCHANNELS_PER_NET_PEER, graph/paths.cc:837; else a rule
    int schedule_group_size = nccl_works_per_batch;           // NCCL_P2P_SCHEDULE_GROUP_SIZE, init.cc:766
    Bytes net_chunk = nccl_kibibytes(128);                    // NCCL_P2P_NET_CHUNKSIZE, init.cc:704
    Bytes pcie_chunk = nccl_kibibytes(128);                   // NCCL_P2P_PCI_CHUNKSIZE, init.cc:705
    Bytes nvlink_chunk = nccl_kibibytes(512);                 // NCCL_P2P_NVL_CHUNKSIZE, init.cc:706
    Bytes buffer = nccl_kibibytes(4096);                      // NCCL_BUFFSIZE, init.cc:699
    Bytes ll_threshold_a_channel = nccl_kibibytes(16);        // NCCL_P2P_LL_THRESHOLD, enqueue.cc:779
    Bandwidth net_rate_a_channel = gigabytes_per_second(14);  // NCCL_P2P_PER_CHANNEL_NET_BW, v2.29.2-1 graph/paths.cc:823
    int nics_per_gpu = 0;                                     // NCCL_NETDEVS_POLICY=MAX:n; 0: AUTO
    bool uses_pxn = true;                                     // NCCL_P2P_PXN_LEVEL 2, graph/search.cc:1274; false: level 0
};

/// Ranks are numbered node by node and GPU by GPU, as mpirun does it by default.
struct NcclLayout {
    std::vector<NcclNode> nodes;  // at least one
    /// GPUs of a node in one NVLink domain: blocks of consecutive local indices. 1: no NVLink.
    int nvlink_domain = 8;
    /// NVLinks between two GPUs of a domain, path bandwidth / link bandwidth: 18 with the NVSwitches of H100 and H200, 12 of
    /// A100. A peer gets 2 x links channels: graph/paths.cc:828-831.
    int nvlink_links = 18;
    /// GPUs of a node reach each other over their NICs, as P2P and SHM are off (NCCL_P2P_DISABLE, NCCL_SHM_DISABLE).
    bool is_network_inside = false;
    /// Channels that the search for rings and trees found (comm->nChannels): "coll channels" in NCCL's log. What it finds on a
    /// machine: collective/nccl/search.hpp.
    int collective_channels = 24;
    /// NICs needed to fill the link from a GPU to its CPU; at least so many channels go to a peer of another node:
    /// graph/paths.cc:844-849, graph/topo.cc:1576-1597. 0 behind a PCIe switch, where NCCL sees no such link.
    int nics_to_fill_gpu = 1;
    /// What NCCL reckons that a GPU sends through its NICs, whose number from 2.29 on gives the channels to a peer of another
    /// node: v2.29.2-1 graph/topo.cc:1974-1998.
    Bandwidth net_rate = gigabytes_per_second(48);
    NcclSettings settings;
};

}  // namespace tokenyard
