// SPDX-License-Identifier: Apache-2.0
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
#define TOKENYARD_NCCL_COSTS(COST)                                                                                               \
    COST(nccl, version, choice, nccl_2_28, initial, words("rccl", "2.27", "2.28", "2.29", "2.30"),                               \
         "whose rules: order of rounds and channels (2.27), channels to other nodes and choice of LL (2.29); 2.28.3 is as 2.27", \
         "NCCL 2.27.7, 2.28.9, 2.29.2 and 2.30.7: src/init.cc, src/enqueue.cc, src/graph/paths.cc")                              \
    COST(nccl, compute_capability, count, 90, initial, between(50, 200),                                                         \
         "of the GPU, major x 10 + minor: which speeds NCCL's search tries", "NCCL 2.30.7, src/graph/search.cc:1051-1067")       \
    COST(nccl, launch, delay, 0, needed, none, "from the call to the first byte, without peers", "measured as a whole")          \
    COST(nccl, per_peer, delay, 0, needed, none, "more for every peer of the group", "measured as a whole")                      \
    COST(nccl, nvlink_latency, delay, 0, needed, none, "of protocol SIMPLE inside a node, beside the link's own",                \
         "NCCL 2.28.9, src/graph/tuning.cc:142-218")                                                                             \
    COST(nccl, network_latency, delay, 0, needed, none, "of a message between nodes, beside the links' own",                     \
         "NCCL 2.28.9, src/graph/tuning.cc:142-218")                                                                             \
    COST(nccl, ll_latency, delay, 0, needed, none, "of protocol LL inside a node, beside the link's own",                        \
         "NCCL 2.28.9, src/graph/tuning.cc:142-218")                                                                             \
    COST(nccl, chunk_overhead, delay, 0, needed, none, "of a rank's proxy thread for each chunk that it sends or receives",      \
         "NCCL 2.28.9, src/graph/tuning.cc:211-218, src/transport/net.cc")                                                       \
    COST(nccl, warp_rate, rate, 0, initial, none, "that one warp copies", "NCCL 2.28.9, src/device/prims_simple.h")              \
    COST(nccl, connection_rate, rate, 0, initial, none,                                                                          \
         "that all warps of one connection on one channel copy while their CTA sends and receives",                              \
         "NCCL 2.28.9, src/device/prims_simple.h")                                                                               \
    COST(nccl, one_way_rate, rate, not_given, follows("nccl.connection_rate"), none,                                             \
         "the same while it does only one of both: the first chunk is sent, and the last one received, alone",                   \
         "NCCL 2.28.9, src/device/prims_simple.h: a chunk is seen when it is whole")                                             \
    COST(nccl, cta_rate, rate, 0, initial, none, "each way, that all works of a CTA copy together where it has several",         \
         "NCCL 2.30.7, src/sym_kernels.cc:409-420: what an SM moves")                                                            \
    COST(nccl, ll_warp_rate, rate, 0, initial, none, "payload that one warp copies by LL, where that is less than warp_rate",    \
         "NCCL 2.28.9, src/device/prims_ll.h")                                                                                   \
    COST(nccl, ll_connection_rate, rate, 0, initial, none,                                                                       \
         "payload that all warps of one connection copy by LL: many of them come to less than a single one alone lets expect",   \
         "NCCL 2.28.9, src/device/prims_ll.h")                                                                                   \
    COST(nccl, receive_warp_rate, rate, 0, initial, none,                                                                        \
         "that one warp copies out of the receiver's buffer; absent: as fast as it is sent",                                     \
         "NCCL 2.28.9, src/device/prims_simple.h")                                                                               \
    COST(nccl, lone_work_efficiency, efficiency, 1, initial, none,                                                               \
         "of an NVLink that CTAs fill which have one work each, against several", "measured as a whole")                         \
    COST(nccl, search_channels, count, 0, initial, between(0, 64),                                                               \
         "channels that NCCL's search finds, \"coll channels\" in its log; 0: as it finds them on such a machine",               \
         "NCCL 2.30.7, src/graph/search.cc:1036-1067, src/graph/connect.cc:480")                                                 \
    COST(nccl, min_ctas, count, 0, initial, between(0, 64), "least of these channels (NCCL_MIN_CTAS); 0: no such limit",         \
         "NCCL 2.30.7, src/init.cc")                                                                                             \
    COST(nccl, max_ctas, count, 0, initial, between(0, 64), "most of these channels (NCCL_MAX_CTAS); 0: no such limit",          \
         "NCCL 2.30.7, src/init.cc")                                                                                             \
    COST(nccl, min_channels, count, 1, initial, between(1, 64),                                                                  \
         "least channels for sends and receives (NCCL_MIN_P2P_NCHANNELS)", "NCCL 2.28.9, src/graph/paths.cc:856")                \
    COST(nccl, max_channels, count, 64, initial, between(1, 64),                                                                 \
         "most channels for sends and receives (NCCL_MAX_P2P_NCHANNELS)", "NCCL 2.28.9, src/graph/paths.cc:857")                 \
    COST(nccl, channels_per_net_peer, count, 0, initial, between(0, 64),                                                         \
         "channels to a peer of another node (NCCL_NCHANNELS_PER_NET_PEER); 0: by the version's rule",                           \
         "NCCL 2.28.9, src/graph/paths.cc:837; 2.29.2, 823-853")                                                                 \
    COST(nccl, queue_pairs, count, 1, initial, between(1, 128),                                                                  \
         "of a connection between nodes (NCCL_IB_QPS_PER_CONNECTION), each a flow of its own where switches hash statically",    \
         "NCCL 2.30.7, src/transport/net_ib/connect.cc:60")                                                                      \
    COST(nccl, nics_per_gpu, count, 0, initial, between(0, 64),                                                                  \
         "of those near to it that a GPU takes in turn (NCCL_NETDEVS_POLICY=MAX:n, from 2.29 on); 0: AUTO, its share of them",   \
         "NCCL 2.29.2, src/graph/topo.cc")                                                                                       \
    COST(nccl, merged_nics, choice, 0, initial, words("no", "yes"),                                                              \
         "whether the NICs of a GPU are one device to NCCL's search (aws-ofi-nccl's RDMA protocol, NCCL_IB_MERGE_NICS)",         \
         "aws-ofi-nccl, src/nccl_ofi_rdma.cpp:413")                                                                              \
    COST(nccl, net_chunk, size, 128 * 1024, initial, none,                                                                       \
         "slot of a connection where there are several nodes (NCCL_P2P_NET_CHUNKSIZE)", "NCCL 2.28.9, src/init.cc:704")          \
    COST(nccl, pcie_chunk, size, 128 * 1024, initial, none,                                                                      \
         "the same on one node with pairs without NVLink (NCCL_P2P_PCI_CHUNKSIZE)", "NCCL 2.28.9, src/init.cc:705")              \
    COST(nccl, nvlink_chunk, size, 512 * 1024, initial, none,                                                                    \
         "the same on one node where all have NVLink (NCCL_P2P_NVL_CHUNKSIZE)", "NCCL 2.28.9, src/init.cc:706")                  \
    COST(nccl, buffer, size, 4096 * 1024, initial, none, "of a connection, at least 8 slots (NCCL_BUFFSIZE)",                    \
         "NCCL 2.28.9, src/init.cc:699")                                                                                         \
    COST(                                                                                                                        \
        nccl, p2p_level, choice, p2p_pxb, initial, words("pxb", "pxb-or-two", "two", "nvl", "sys"),                              \
        "which pairs of a node without NVLink write to each other (NCCL_P2P_LEVEL): those under one PCIe switch, also two GPUs " \
        "alone, only those, none, all; the others go through host memory",                                                       \
        "NCCL 2.30.7, src/graph/paths.cc:355-412")                                                                               \
    COST(nccl, host_rate, rate, 0, initial, none,                                                                                \
         "that a node passes on through its host's memory, all pairs together; what crosses from one PCIe root to another "      \
         "counts twice",                                                                                                         \
         "NCCL 2.30.7, src/transport/shm.cc")                                                                                    \
    COST(nccl, network_chunk_time, delay, 0, initial, none,                                                                      \
         "of a connection between nodes for each chunk, which it has one behind the other",                                      \
         "measured as a whole: NCCL issue 2409")                                                                                 \
    COST(nccl, network_efficiency, efficiency, 1, initial, none, "of a NIC's capacity, what a rank's messages over it fill",     \
         "measured as a whole")                                                                                                  \
    COST(nccl, fan_in_efficiency, efficiency, 1, initial, none,                                                                  \
         "the same where very many NICs send to one at once: of what is missing, n of them cost 1 - 1/n",                        \
         "measured as a whole; NCCL 2.30.7, src/transport/net.cc:1476-1590: a group waits for its slowest sender")               \
    COST(nccl, pxn, choice, 1, needed, words("no", "yes"),                                                                       \
         "whether messages leave by the NIC of the GPU with the destination's index (NCCL_PXN_DISABLE=0)",                       \
         "NCCL 2.28.9, src/graph/paths.cc")                                                                                      \
    COST(nccl, copy_engines, choice, 0, needed, words("no", "yes"),                                                              \
         "whether windows are registered for copy engines (NCCL_CTA_POLICY=2): used where sizes are equal",                      \
         "NCCL 2.28.9, src/ce_coll.cc")                                                                                          \
    COST(nccl, memory_operation, delay, 0, initial, none,                                                                        \
         "of a stream's memory operation, of which barriers and signals around copy engines are made",                           \
         "NCCL 2.30.7, src/ce_coll.cc:231; how long is nowhere published")                                                       \
    COST(nccl, put_time, delay, 0, initial, none, "of nccl-ce's proxy thread for each put into another node, one by one",        \
         "NCCL 2.30.7, src/ce_coll.cc:715-1340; how long is nowhere published")

#define TOKENYARD_MPI_COSTS(COST)                                                                                               \
    COST(mpi, overhead, delay, 0, needed, none, "of the CPU for each message, at each end", "measured as a whole")              \
    COST(mpi, eager_limit, size, 0, needed, none, "up to it a message leaves before its receiver is ready",                     \
         "Open MPI 4.1, opal/mca/btl/openib: 12,288 B")                                                                         \
    COST(mpi, linear_order, choice, 0, initial, words("ranks", "rotated"),                                                      \
         "in which mpi-linear sends: to ranks 0 to n - 1, as MPI_Alltoallv, or from the rank before its own downwards, as "     \
         "MPI_Alltoall",                                                                                                        \
         "Open MPI 5.0.9, ompi/mca/coll/base: coll_base_alltoallv.c, coll_base_alltoall.c")                                     \
    COST(mpi, block, count, 32, initial, between(1, 1 << 20), "peers whose messages mpich starts before it waits for them all", \
         "MPICH, MPIR_CVAR_ALLTOALL_THROTTLE")                                                                                  \
    COST(mpi, gets, count, 0, initial, between(0, 1 << 16),                                                                     \
         "large messages of a receiver that its NIC fetches at once, in an order that no sender knows; 0: senders send them",   \
         "libfabric, man/fi_cxi.7: the target's NIC issues gets; that so few are under way and their order are assumptions")    \
    COST(mpi, rendezvous_eager, size, 0, initial, none, "of a message that is fetched, that come with the request",             \
         "libfabric, man/fi_cxi.7: FI_CXI_RDZV_EAGER_SIZE, 2,048 B")

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
    COST(two_level, buffers, choice, 0, initial, words("unknown", "rings"),                                                      \
         "what it keeps in a GPU's memory: rings as DeepEP V1 has them; unknown: not modelled",                                  \
         "DeepEP v1.2.1, csrc/config.hpp:49-102")                                                                                \
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
         "measured as a whole")                                                                                                  \
    COST(two_level, network_launch, delay, 0, initial, none, "more of dispatch on several nodes: barriers between them",         \
         "UCCL da914a20, ep/src/internode.cu:150-380")                                                                           \
    COST(two_level, combine_network_launch, delay, 0, initial, none, "more of combine on several nodes",                         \
         "UCCL da914a20, ep/src/internode.cu:1745-1812")

#define TOKENYARD_LOW_LATENCY_COSTS(COST)                                                                                     \
    COST(low_latency, launch, delay, 0, needed, none, "send and receive kernels with their synchronisation",                  \
         "DeepEP v1.2.1, csrc/kernels/internode_ll.cu")                                                                       \
    COST(low_latency, message_overhead, delay, 0, needed, none, "of a GPU for each message that it sends",                    \
         "DeepEP v1.2.1, csrc/kernels/internode_ll.cu")                                                                       \
    COST(low_latency, arrival, delay, 0, needed, none, "from the last byte to its being seen and unpacked",                   \
         "DeepEP v1.2.1, csrc/kernels/internode_ll.cu")                                                                       \
    COST(low_latency, buffers, choice, 0, initial, words("unknown", "slots"),                                                 \
         "what it keeps in a GPU's memory: slots of every expert, as DeepEP V1 has them; unknown: not modelled",              \
         "DeepEP v1.2.1, csrc/config.hpp:132-195")                                                                            \
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

#define TOKENYARD_SENT_ONCE_COSTS(COST)                                                                                          \
    COST(sent_once, launch, delay, 0, needed, none,                                                                              \
         "from the call to the first byte: starts of kernels, counting, and a barrier over all ranks",                           \
         "DeepEP dd758ca, csrc/elastic/buffer.hpp")                                                                              \
    COST(sent_once, finish, delay, 0, needed, none,                                                                              \
         "from the last byte to the end of the last kernel, copies aside: fences, flags of all ranks, one more start",           \
         "DeepEP dd758ca, deep_ep/include/deep_ep/common/comm.cuh:88-250")                                                       \
    COST(sent_once, buffers, choice, 0, initial, words("unknown", "elastic", "planes"),                                          \
         "what it keeps in a GPU's memory: whole batches as DeepEP V2, or as FlashInfer has them; unknown: not modelled",        \
         "DeepEP dd758ca, csrc/elastic/buffer.hpp:586-700")                                                                      \
    COST(sent_once, sms, count, 24, needed, between(0, 1024),                                                                    \
         "SMs given to communication, each with all roles; 0: as many as DeepEP V2 reckons for the cluster and even routing",    \
         "DeepEP dd758ca, deep_ep/buffers/elastic.py:728-834")                                                                   \
    COST(sent_once, reckoned_nvlink, efficiency, 0.9, initial, none,                                                             \
         "of an NVLink's capacity, what DeepEP V2 reckons with there", "DeepEP dd758ca, deep_ep/buffers/elastic.py:728-834")     \
    COST(sent_once, workers, count, 1, needed, between(1, 64),                                                                   \
         "of an SM: warps, or pipelines of some warps, each with a token in hand at a time",                                     \
         "DeepEP dd758ca, csrc/kernels/elastic/dispatch.hpp:185-196")                                                            \
    COST(sent_once, chunk_tokens, count, 1, initial, between(1, 1 << 16), "that a worker is given at a time",                    \
         "NCCL 2.30.7, contrib/nccl_ep/include/common.hpp:28")                                                                   \
    COST(sent_once, combine_chunk_tokens, count, 0, initial, between(0, 1 << 16), "the same in combine; 0: as in dispatch",      \
         "NCCL 2.30.7, contrib/nccl_ep/device/hybrid_ep.cuh:2453")                                                               \
    COST(sent_once, token_time, delay, 0, initial, none,                                                                         \
         "of a worker for each token beside its bytes: from its load to the end of its stores",                                  \
         "DeepEP dd758ca, deep_ep/include/deep_ep/impls/dispatch.cuh:344-378")                                                   \
    COST(sent_once, round_size, size, 0, initial, none,                                                                          \
         "of a token that a worker moves at a time, each in token_time; 0: all of it",                                           \
         "FlashInfer fb28d72, moeAlltoAllKernels.cu:290-353")                                                                    \
    COST(sent_once, worker_rate, rate, 0, initial, none, "that one worker moves",                                                \
         "NCCL 2.30.7, contrib/nccl_ep/device/hybrid_ep.cuh:1163-1250")                                                          \
    COST(sent_once, sm_rate, rate, 0, initial, none, "that all workers of an SM move",                                           \
         "DeepEP dd758ca, deep_ep/buffers/elastic.py:733")                                                                       \
    COST(sent_once, nvlink_efficiency, efficiency, 1, initial, none,                                                             \
         "of an NVLink's capacity, what stores and loads of the SMs fill", "measured as a whole")                                \
    COST(sent_once, copies_out, choice, 0, initial, words("no", "yes"),                                                          \
         "whether what dispatch received is copied out of its buffer",                                                           \
         "DeepEP dd758ca, csrc/kernels/elastic/dispatch.hpp:293-340")                                                            \
    COST(sent_once, stages, choice, 0, initial, words("no", "yes"), "whether combine's rows are copied into a buffer first",     \
         "NCCL 2.30.7, contrib/nccl_ep/nccl_ep.cc:3269")                                                                         \
    COST(sent_once, pulls, choice, 0, initial, words("no", "yes"),                                                               \
         "whether a token's rank reads its rows in combine and adds them on the way; no: they are sent, and added behind it",    \
         "FlashInfer fb28d72, moeAlltoAllKernels.cu:1223-1331")                                                                  \
    COST(sent_once, adds, choice, 1, initial, words("no", "yes"),                                                                \
         "whether rows that were sent back are added by a kernel behind them; no: it is timed apart",                            \
         "DeepEP dd758ca, csrc/kernels/elastic/combine.hpp:176-284")                                                             \
    COST(sent_once, memory_efficiency, efficiency, 1, initial, none,                                                             \
         "of the memory's bandwidth, what these copies and sums reach", "measured as a whole")                                   \
    COST(sent_once, capacity, count, 0, initial, between(0, 1 << 20),                                                            \
         "tokens of a rank that buffers have room for; 0: kernels walk over what there is",                                      \
         "NCCL 2.30.7, contrib/nccl_ep/nccl_ep.cc:2854")                                                                         \
    COST(sent_once, room_token, delay, 0, initial, none, "of dispatch for each token of that room, whether it is there or not",  \
         "NCCL 2.30.7, contrib/nccl_ep/nccl_ep.cc:2949")                                                                         \
    COST(sent_once, padded_token, delay, 0, initial, none,                                                                       \
         "of a worker in combine for each token of that room that is not there", "NCCL 2.30.7, contrib/nccl_ep/nccl_ep.cc:3379") \
    COST(sent_once, token_header, size, 0, initial, none, "that a token brings in dispatch, beside its elements and scales",     \
         "DeepEP dd758ca, deep_ep/include/deep_ep/common/layout.cuh:179-208")                                                    \
    COST(sent_once, choice_header, size, 0, initial, none, "more for each of its experts",                                       \
         "DeepEP dd758ca, deep_ep/include/deep_ep/common/layout.cuh:179-208")                                                    \
    COST(sent_once, expert_header, size, 0, initial, none, "more for each expert that there is",                                 \
         "NCCL 2.30.7, contrib/nccl_ep/device/hybrid_ep.cuh")                                                                    \
    COST(sent_once, combine_token_header, size, 0, initial, none, "that a row brings in combine",                                \
         "DeepEP dd758ca, csrc/kernels/elastic/combine.hpp:109-112")                                                             \
    COST(sent_once, combine_choice_header, size, 0, initial, none, "more for each expert of its token",                          \
         "DeepEP dd758ca, csrc/kernels/elastic/combine.hpp:109-112")                                                             \
    COST(sent_once, alignment, count, 1, initial, between(1, 4096), "bytes that a token is rounded up to a multiple of",         \
         "DeepEP dd758ca, deep_ep/include/deep_ep/common/ptx.cuh:16")                                                            \
    COST(sent_once, crosses_nodes, choice, 0, initial, words("no", "yes"), "whether its kernels send between NVLink domains",    \
         "DeepEP dd758ca, deep_ep/include/deep_ep/impls/hybrid_dispatch.cuh")                                                    \
    COST(sent_once, network_workers, count, 1, initial, between(1, 64),                                                          \
         "channels of an SM between domains: each has a queue pair, and tokens of its own to send and to forward",               \
         "DeepEP dd758ca, csrc/elastic/buffer.hpp:846-867")                                                                      \
    COST(sent_once, network_chunk_tokens, count, 6, initial, between(1, 1 << 16),                                                \
         "of a channel that a flag follows, and that are forwarded then",                                                        \
         "DeepEP dd758ca, deep_ep/include/deep_ep/impls/hybrid_dispatch.cuh:338-351")                                            \
    COST(sent_once, combine_network_chunk_tokens, count, 0, initial, between(0, 1 << 16),                                        \
         "sums of a channel that go back together; 0: as in dispatch",                                                           \
         "NCCL 2.30.7, contrib/nccl_ep/device/hybrid_ep.cuh:2101-2345")                                                          \
    COST(sent_once, network_latency, delay, not_given, follows("low_latency.network_latency"), none,                             \
         "of a message to another node, beside the links' own: posting, and a flag behind the data",                             \
         "DeepEP dd758ca, deep_ep/include/deep_ep/common/comm.cuh:131-181")                                                      \
    COST(sent_once, network_trips, count, 2, initial, between(0, 1000),                                                          \
         "messages to other domains, one behind the other, that dispatch's kernels wait for beside the data: barriers, counts, " \
         "flags",                                                                                                                \
         "DeepEP dd758ca, deep_ep/include/deep_ep/impls/hybrid_dispatch.cuh:81-84, 174-252")                                     \
    COST(sent_once, combine_network_trips, count, 4, initial, between(0, 1000), "the same, of combine",                          \
         "DeepEP dd758ca, deep_ep/include/deep_ep/impls/hybrid_combine.cuh:93-97, 587-620")                                      \
    COST(sent_once, network_launch, delay, 0, initial, none, "more of dispatch where it sends between domains",                  \
         "measured as a whole")                                                                                                  \
    COST(sent_once, combine_network_launch, delay, 0, initial, none, "more of combine where it sends between domains",           \
         "measured as a whole")                                                                                                  \
    COST(sent_once, network_stages, choice, 0, initial, words("no", "yes"),                                                      \
         "whether all tokens are copied into a buffer before the first leaves for another domain",                               \
         "NCCL 2.30.7, contrib/nccl_ep/nccl_ep.cc:2658")                                                                         \
    COST(sent_once, network_sum_rate, rate, 0, initial, none,                                                                    \
         "that one channel fetches rows of its domain and adds them for a rank of another one",                                  \
         "NCCL 2.30.7, contrib/nccl_ep/device/hybrid_ep.cuh:1767-2095")                                                          \
    COST(sent_once, combine_network_choice_header, size, not_given, follows("sent_once.combine_choice_header"), none,            \
         "as combine_choice_header, between domains",                                                                            \
         "DeepEP dd758ca, deep_ep/include/deep_ep/impls/hybrid_combine.cuh:328-383")                                             \
    COST(sent_once, combine_launch, delay, not_given, follows("sent_once.launch"), none, "as launch, of combine",                \
         "measured as a whole")                                                                                                  \
    COST(sent_once, combine_finish, delay, not_given, follows("sent_once.finish"), none, "as finish, of combine",                \
         "measured as a whole")                                                                                                  \
    COST(sent_once, combine_token_time, delay, not_given, follows("sent_once.token_time"), none, "as token_time, of combine",    \
         "measured as a whole")                                                                                                  \
    COST(sent_once, combine_worker_rate, rate, not_given, follows("sent_once.worker_rate"), none, "as worker_rate, of combine",  \
         "measured as a whole")                                                                                                  \
    COST(sent_once, combine_sm_rate, rate, not_given, follows("sent_once.sm_rate"), none, "as sm_rate, of combine",              \
         "measured as a whole")                                                                                                  \
    COST(sent_once, combine_nvlink_efficiency, efficiency, not_given, follows("sent_once.nvlink_efficiency"), none,              \
         "as nvlink_efficiency, of combine", "measured as a whole")

#define TOKENYARD_BALANCED_COSTS(COST) \
    COST(balanced, launch, delay, 0, needed, none, "of the kernels that spread and put right", "FAST, arXiv 2505.09764")

#define TOKENYARD_COMPUTE_COSTS(COST)                                                                                            \
    COST(compute, launch, delay, 0, needed, none, "of one kernel of the layer", "measured as a whole")                           \
    COST(compute, gemm_efficiency, efficiency, 1, needed, none, "of the GPU's FLOP rate in expert GEMMs", "DeepGEMM, README.md") \
    COST(compute, tile_tokens, count, 1, needed, between(1, 1 << 16),                                                            \
         "rows of an expert's GEMM are filled up to a multiple of it", "DeepGEMM, README.md: grouped GEMMs")                     \
    COST(compute, memory_efficiency, efficiency, 1, needed, none, "of its memory bandwidth in kernels that only move",           \
         "measured as a whole")

#define TOKENYARD_CALL_COSTS(COST)                                                                                             \
    COST(calls, eager, choice, 0, initial, words("no", "yes"),                                                                 \
         "whether the host enqueues each exchange while its GPU waits for it; no: from a CUDA graph, or ahead of the GPU",     \
         "CollectiveX 843c625, bench/ep_harness.py:267-316")                                                                   \
    COST(calls, speed, efficiency, 1, initial, none, "of the host in this work, against the fastest that is known",            \
         "measured as a whole")                                                                                                \
    COST(calls, before, delay, 0, initial, none, "that it works from the call of dispatch to its first kernel",                \
         "CollectiveX 843c625, bench/ep_backend.py:565-577")                                                                   \
    COST(calls, quantise, delay, 0, initial, none, "more where tokens are quantised by a kernel in front of dispatch",         \
         "CollectiveX 843c625, bench/ep_backend.py:169-190")                                                                   \
    COST(calls, quantise_beside, delay, 0, initial, none, "more beside the GPU where dispatch brings scales, one more tensor", \
         "CollectiveX 843c625, bench/ep_backend.py:169-190")                                                                   \
    COST(calls, beside, delay, 0, initial, none,                                                                               \
         "that it works from dispatch's first kernel on, beside the GPU: counts, allocations, more launches",                  \
         "DeepEP dd758ca, csrc/elastic/buffer.hpp:968-1146")                                                                   \
    COST(calls, combine_before, delay, 0, initial, none, "as before, of combine",                                              \
         "CollectiveX 843c625, bench/ep_backend.py:600-616")                                                                   \
    COST(calls, combine_beside, delay, 0, initial, none, "as beside, of combine",                                              \
         "CollectiveX 843c625, bench/ep_backend.py:600-616")

/// GROUP(struct, member, its rows, what spends it: exchange or layer; the library in parts/libraries that gives it where none is
/// named)
#define TOKENYARD_COST_GROUPS(GROUP)                                                     \
    GROUP(NcclCosts, nccl, TOKENYARD_NCCL_COSTS, exchange, "nccl")                       \
    GROUP(MpiCosts, mpi, TOKENYARD_MPI_COSTS, exchange, "open_mpi")                      \
    GROUP(TwoLevelCosts, two_level, TOKENYARD_TWO_LEVEL_COSTS, exchange, "deepep")       \
    GROUP(LowLatencyCosts, low_latency, TOKENYARD_LOW_LATENCY_COSTS, exchange, "deepep") \
    GROUP(SentOnceCosts, sent_once, TOKENYARD_SENT_ONCE_COSTS, exchange, "deepep")       \
    GROUP(BalancedCosts, balanced, TOKENYARD_BALANCED_COSTS, exchange, "fast")           \
    GROUP(CallCosts, calls, TOKENYARD_CALL_COSTS, exchange, "deepep")                    \
    GROUP(ComputeCosts, compute, TOKENYARD_COMPUTE_COSTS, layer, "deep_gemm")
