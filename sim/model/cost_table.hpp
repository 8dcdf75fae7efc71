// The table of all costs: one row each, and everything that knows a cost knows it from here. A row makes the member of the
// struct (model/costs.hpp), what is read and written as YAML, what `fit --vary` takes, what a what-if changes, what the breakdown
// leaves out as software, and the manual's table (`tokenyard list --costs`). To add a cost: a row, and its use.
//
//   COST(group, key, kind, initial, absent, limits, "what it is", "where the mechanism was read")
//
//   group, key  nccl and launch: `costs.nccl.launch`, "nccl.launch"
//   kind        delay, rate, size, efficiency, count or choice (model/costs.hpp): type, unit and what-if follow from it
//   initial     what it is until a file says it: SI units, counts, or the index of a word
//   absent      needed: an error; initial: that value; follows("a.b"): what that is, or of several the first that is given
//   limits      none, between(least, most), multiples_of(step, least, most), words("first", "second")
#pragma once

// Where the rows say SIMPLE and LL, these are NCCL's protocols: src/device/prims_simple.h and prims_ll.h.
#define TOKENYARD_NCCL_COSTS(COST)                                                                                            \
    COST(nccl, version, choice, nccl_2_28, initial, words("2.28", "2.29"),                                                    \
         "whose rules: LL is chosen by the payload of a peer, or from 2.29 on by that on each channel that is used",          \
         "NCCL 2.29.2, src/enqueue.cc:932")                                                                                   \
    COST(nccl, launch, delay, 0, needed, none, "from the call to the first byte, without peers", "measured as a whole")       \
    COST(nccl, per_peer, delay, 0, needed, none, "more for every peer of the group", "measured as a whole")                   \
    COST(nccl, nvlink_latency, delay, 0, needed, none, "of protocol SIMPLE inside a node, beside the link's own",             \
         "NCCL 2.28.9, src/graph/tuning.cc:142-218")                                                                          \
    COST(nccl, network_latency, delay, 0, needed, none, "of a message between nodes, beside the links' own",                  \
         "NCCL 2.28.9, src/graph/tuning.cc:142-218")                                                                          \
    COST(nccl, ll_latency, delay, 0, needed, none, "of protocol LL inside a node, beside the link's own",                     \
         "NCCL 2.28.9, src/graph/tuning.cc:142-218")                                                                          \
    COST(nccl, chunk_overhead, delay, 0, needed, none, "of a rank's proxy thread for each chunk that it sends or receives",   \
         "NCCL 2.28.9, src/graph/tuning.cc:211-218, src/transport/net.cc")                                                    \
    COST(nccl, warp_rate, rate, 0, initial, none, "that one warp copies", "NCCL 2.28.9, src/device/prims_simple.h")           \
    COST(nccl, connection_rate, rate, 0, initial, none, "that all warps of one connection on one channel copy",               \
         "NCCL 2.28.9, src/device/prims_simple.h")                                                                            \
    COST(nccl, ll_warp_rate, rate, 0, initial, none, "payload that one warp copies by LL, where that is less than warp_rate", \
         "NCCL 2.28.9, src/device/prims_ll.h")                                                                                \
    COST(nccl, receive_warp_rate, rate, 0, initial, none,                                                                     \
         "that one warp copies out of the receiver's buffer; absent: as fast as it is sent",                                  \
         "NCCL 2.28.9, src/device/prims_simple.h")                                                                            \
    COST(nccl, lone_work_efficiency, efficiency, 1, initial, none,                                                            \
         "of an NVLink that CTAs fill which have one work each, against several", "measured as a whole")                      \
    COST(nccl, search_channels, count, 0, initial, between(1, 64),                                                            \
         "channels that NCCL's search finds; absent: as logs of H100 say, 24 on one node, 16 on several",                     \
         "NCCL 2.28.9, src/graph/search.cc")                                                                                  \
    COST(nccl, pxn, choice, 1, needed, words("no", "yes"),                                                                    \
         "whether messages leave by the NIC of the GPU with the destination's index (NCCL_PXN_DISABLE=0)",                    \
         "NCCL 2.28.9, src/graph/paths.cc")                                                                                   \
    COST(nccl, copy_engines, choice, 0, needed, words("no", "yes"),                                                           \
         "whether windows are registered for copy engines (NCCL_CTA_POLICY=2): used where sizes are equal",                   \
         "NCCL 2.28.9, src/ce_coll.cc")

#define TOKENYARD_MPI_COSTS(COST)                                                                                  \
    COST(mpi, overhead, delay, 0, needed, none, "of the CPU for each message, at each end", "measured as a whole") \
    COST(mpi, eager_limit, size, 0, needed, none, "up to it a message leaves before its receiver is ready",        \
         "Open MPI 4.1, opal/mca/btl/openib: 12,288 B")

#define TOKENYARD_TWO_LEVEL_COSTS(COST)                                                                                          \
    COST(two_level, launch, delay, 0, needed, none, "notify, layout and the exchange's own kernel",                              \
         "DeepEP v1.2.1, csrc/deep_ep.cpp")                                                                                      \
    COST(two_level, sms, count, 24, needed, multiples_of(2, 2, 1024),                                                            \
         "SMs given to communication: half of them send, half of them receive or forward",                                       \
         "DeepEP v1.2.1, csrc/kernels/internode.cu")                                                                             \
    COST(two_level, sm_rate, rate, 0, initial, none, "that one SM stores to NVLink or memory, dispatch on one node",             \
         "DeepEP v1.2.1, csrc/kernels/intranode.cu")                                                                             \
    COST(two_level, chunk_tokens, count, 20, needed, between(1, 1 << 20), "that a message of the network holds at most",         \
         "DeepEP v1.2.1, deep_ep/buffer.py:232-243")                                                                             \
    COST(two_level, chunk_overhead, delay, 0, needed, none, "before such a message leaves",                                      \
         "DeepEP v1.2.1, csrc/kernels/internode.cu")                                                                             \
    COST(two_level, combine_launch, delay, not_given, follows("two_level.launch"), none,                                         \
         "as launch, of combine, which waits for flags of all ranks once more", "DeepEP v1.2.1, csrc/deep_ep.cpp")               \
    COST(two_level, combine_sm_rate, rate, not_given, follows("two_level.sm_rate"), none,                                        \
         "as sm_rate, of combine, whose SMs add up what they receive", "DeepEP v1.2.1, csrc/kernels/intranode.cu")               \
    COST(two_level, forward_sm_rate, rate, not_given, follows("two_level.sm_rate"), none,                                        \
         "as sm_rate, of dispatch on several nodes, where SMs copy twice", "DeepEP v1.2.1, csrc/kernels/internode.cu")           \
    COST(two_level, combine_forward_sm_rate, rate, not_given, follows("two_level.forward_sm_rate", "two_level.combine_sm_rate"), \
         none, "as sm_rate, of combine on several nodes", "DeepEP v1.2.1, csrc/kernels/internode.cu")                            \
    COST(two_level, nvlink_efficiency, efficiency, 1, initial, none, "of an NVLink's capacity, what the stores of the SMs fill", \
         "measured as a whole")

#define TOKENYARD_LOW_LATENCY_COSTS(COST)                                                                                     \
    COST(low_latency, launch, delay, 0, needed, none, "send and receive kernels with their synchronisation",                  \
         "DeepEP v1.2.1, csrc/kernels/internode_ll.cu")                                                                       \
    COST(low_latency, message_overhead, delay, 0, needed, none, "of a GPU for each message that it sends",                    \
         "DeepEP v1.2.1, csrc/kernels/internode_ll.cu")                                                                       \
    COST(low_latency, arrival, delay, 0, needed, none, "from the last byte to its being seen and unpacked",                   \
         "DeepEP v1.2.1, csrc/kernels/internode_ll.cu")                                                                       \
    COST(low_latency, queue_pairs, count, 1, needed, between(1, 64), "of a pair of ranks, which take turns",                  \
         "DeepEP v1.2.1, deep_ep/buffer.py")                                                                                  \
    COST(low_latency, network_latency, delay, 0, initial, none,                                                               \
         "of a message to another node, beside the links' own: posting, and a flag behind the data",                          \
         "DeepEP v1.2.1, csrc/kernels/ibgda_device.cuh")                                                                      \
    COST(low_latency, copy_rate, rate, 0, initial, none, "that all SMs of a GPU send",                                        \
         "DeepEP v1.2.1, csrc/kernels/internode_ll.cu")                                                                       \
    COST(low_latency, combine_launch, delay, not_given, follows("low_latency.launch"), none, "as launch, of combine",         \
         "DeepEP v1.2.1, csrc/kernels/internode_ll.cu")                                                                       \
    COST(low_latency, combine_copy_rate, rate, not_given, follows("low_latency.copy_rate"), none, "as copy_rate, of combine", \
         "DeepEP v1.2.1, csrc/kernels/internode_ll.cu")

#define TOKENYARD_BALANCED_COSTS(COST) \
    COST(balanced, launch, delay, 0, needed, none, "of the kernels that spread and put right", "FAST, arXiv 2505.09764")

#define TOKENYARD_COMPUTE_COSTS(COST)                                                                                            \
    COST(compute, launch, delay, 0, needed, none, "of one kernel of the layer", "measured as a whole")                           \
    COST(compute, gemm_efficiency, efficiency, 1, needed, none, "of the GPU's FLOP rate in expert GEMMs", "DeepGEMM, README.md") \
    COST(compute, tile_tokens, count, 1, needed, between(1, 1 << 16),                                                            \
         "rows of an expert's GEMM are filled up to a multiple of it", "DeepGEMM, README.md: grouped GEMMs")                     \
    COST(compute, memory_efficiency, efficiency, 1, needed, none, "of its memory bandwidth in kernels that only move",           \
         "measured as a whole")

/// GROUP(struct, member, its rows, what spends it: exchange or layer; the library in parts/libraries that gives it where none is
/// named)
#define TOKENYARD_COST_GROUPS(GROUP)                                                     \
    GROUP(NcclCosts, nccl, TOKENYARD_NCCL_COSTS, exchange, "nccl")                       \
    GROUP(MpiCosts, mpi, TOKENYARD_MPI_COSTS, exchange, "open_mpi")                      \
    GROUP(TwoLevelCosts, two_level, TOKENYARD_TWO_LEVEL_COSTS, exchange, "deepep")       \
    GROUP(LowLatencyCosts, low_latency, TOKENYARD_LOW_LATENCY_COSTS, exchange, "deepep") \
    GROUP(BalancedCosts, balanced, TOKENYARD_BALANCED_COSTS, exchange, "fast")           \
    GROUP(ComputeCosts, compute, TOKENYARD_COMPUTE_COSTS, layer, "deep_gemm")
