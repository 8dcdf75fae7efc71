// What is spent beside links: launches, overheads, copying threads, and how well kernels use a GPU.
#pragma once

#include "model/units.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// Grouped ncclSend/ncclRecv.
struct NcclCosts {
    Seconds launch;                       // from the call to the first byte, without peers
    Seconds per_peer;                     // more for every peer of the group
    Seconds nvlink_latency;               // of the protocol, beside the link's own; LL takes ll_latency
    Seconds network_latency;              // the same between nodes
    Seconds ll_latency;                   // of protocol LL inside a node
    Seconds chunk_overhead;               // of a rank's proxy thread for each chunk that it sends or receives
    Bandwidth warp_rate;                  // that one warp copies; 0: no limit
    Bandwidth connection_rate;            // that all warps of one connection on one channel copy; 0: no limit
    Bandwidth ll_warp_rate;               // payload that one warp copies by protocol LL; 0: as warp_rate
    Bandwidth receive_warp_rate;          // that one warp copies out of the receiver's buffer; 0: as fast as it is sent
    double lone_work_efficiency = 1;      // of an NVLink that CTAs fill which have one work each, against several
    bool chooses_ll_by_channels = false;  // as from NCCL 2.29 on: by the payload on each channel that is used
    int search_channels = 0;    // channels that NCCL's search finds; 0: as logs of H100 say, 24 on one node, 16 on several
    bool pxn = true;            // messages leave by the NIC of the GPU with the destination's index
    bool copy_engines = false;  // windows are registered for them (NCCL_CTA_POLICY=2): used where sizes are equal
};

/// MPI over verbs with GPU memory.
struct MpiCosts {
    Seconds overhead;   // CPU time for each message, at each end
    Bytes eager_limit;  // up to it a message leaves before its receiver is ready
};

/// Kernels that send a token once to each node (DeepEP's normal mode).
struct TwoLevelCosts {
    Seconds launch;                                 // notify, layout and the exchange's own kernel
    int sms = 24;                                   // given to communication; half of them send, half of them receive or forward
    Bandwidth sm_rate;                              // that one SM stores to NVLink or memory; 0: no limit
    int chunk_tokens = 20;                          // that a message of the network holds at most
    Seconds chunk_overhead;                         // before such a message leaves
    std::optional<Seconds> combine_launch = {};     // where it differs: combine waits for flags of all ranks once more
    std::optional<Bandwidth> combine_sm_rate = {};  // where it differs: SMs add up what they receive
    std::optional<Bandwidth> forward_sm_rate = {};  // of the kernels for several nodes, where it differs: SMs copy twice
    std::optional<Bandwidth> combine_forward_sm_rate = {};  // of combine's
    double nvlink_efficiency = 1;                           // of an NVLink's capacity, what the stores of the SMs fill
    int channels() const { return sms / 2; }
};

/// Kernels that send each token and expert a message of its own (DeepEP's low-latency mode).
struct LowLatencyCosts {
    Seconds launch;                // send and receive kernels with their synchronisation
    Seconds message_overhead;      // of a GPU for each message that it sends
    Seconds arrival;               // from the last byte to its being seen and unpacked
    int queue_pairs = 1;           // of a pair of ranks, which take turns
    Seconds network_latency = {};  // of a message to another node, beside the links' own: posting, and a flag behind the data
    Bandwidth copy_rate = {};      // that all SMs of a GPU send; 0: no limit
    std::optional<Seconds> combine_launch = {};       // where it differs
    std::optional<Bandwidth> combine_copy_rate = {};  // where it differs
};

/// Spread over the node's NICs before leaving (FAST).
struct BalancedCosts {
    Seconds launch;
};

/// Kernels of the layer.
struct ComputeCosts {
    Seconds launch;                // of one kernel
    double gemm_efficiency = 1;    // of the GPU's FLOP rate in expert GEMMs
    int tile_tokens = 1;           // rows of an expert's GEMM are filled up to a multiple of it
    double memory_efficiency = 1;  // of its memory bandwidth in kernels that only move
};

struct Costs {
    std::string name, description;
    NcclCosts nccl;
    MpiCosts mpi;
    TwoLevelCosts two_level;
    LowLatencyCosts low_latency;
    BalancedCosts balanced;
    ComputeCosts compute;
    std::vector<std::string> sources;
};

}  // namespace tokenyard
