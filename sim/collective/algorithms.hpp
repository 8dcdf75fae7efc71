// What stands behind the rows of the table in plan.cpp: one pair of functions an algorithm, each in a file of its own.
// Their meaning is that of Algorithm's fields (collective/plan.hpp).
#pragma once

#include "collective/plan.hpp"

namespace tokenyard {

using Refusal = std::string(const Exchange&, const Fabric&);
using Append = std::vector<StepId>(const Exchange&, const Fabric&, const Costs&, const std::vector<StepId>&, Schedule&);

/// For algorithms that can carry out any exchange.
Refusal never_refuses;
/// For those that must know which tokens are the same: "found S(i,k) without tokens; ...".
Refusal refuses_matrices;

/// The reference: all copies at once, unmerged, no cost but latency and sharing. One transfer for each pair and lane; a pair's
/// bytes are striped evenly over its lanes, in whole bytes. The diagonal stays on its GPU and is no step.
Append append_direct;

/// Grouped ncclSend and ncclRecv as NCCL 2.28.9 carries them out: rounds, channels, batches with a barrier a CTA, protocols and
/// PXN are those of collective/nccl/. A transfer begins when both ends have come to it, and flows no faster than the fewer
/// warps of both ends, a connection and the proxies let it. Not modelled: a sender that runs ahead into the FIFO of a receiver
/// that is late, and the senders of a node that complete together in one network receive.
Append append_nccl;
/// The same for tokens that are sent once to each rank, with their expert ids and weights beside them.
Append append_dedup;
/// CTAs that its kernels can have at once.
int nccl_sms(const Costs& costs, const Fabric& fabric);

/// MPI_Alltoallv, basic linear: all receives are posted, then all sends, one after another in the order of ranks behind
/// one's own; then all are waited for. Source: Open MPI, ompi/mca/coll/base/coll_base_alltoallv.c, basic_linear.
Append append_mpi_linear;

/// MPI_Alltoallv, pairwise: in step s a rank sends to rank + s and receives from rank - s, and waits for both.
/// Source: the same file, pairwise.
Append append_mpi_pairwise;

/// MPI_Alltoall after Bruck: in phase p a rank sends all blocks whose distance has bit p set to rank + 2^p, so that each
/// block travels in at most log2 n hops. Equal sizes only.
/// Source: J. Bruck et al., IEEE TPDS 8(11), 1997; Open MPI, coll_base_alltoall.c, bruck.
Append append_mpi_bruck;
Refusal refuses_unequal_sizes;

/// Once a token to each node, to the GPU of the sender's index, which forwards it over NVLink to each rank that needs it;
/// combine sums inside the node and sends back once a token and node. Source: DeepEP v1.2.1, csrc/kernels/internode.cu.
Append append_two_level;

/// One message a token and expert, straight to the expert's rank. Source: DeepEP v1.2.1, csrc/kernels/internode_ll.cu.
Append append_low_latency;

/// Traffic between two nodes leaves over all NICs of the sender's node alike, and is put right on arrival.
/// Source: FAST, arXiv 2505.09764 (balancing step).
Append append_balanced;

}  // namespace tokenyard
