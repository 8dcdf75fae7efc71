// SPDX-License-Identifier: Apache-2.0
// What the buffers of the libraries behind the algorithms take of a GPU's memory. Private to this folder: rows name these.
#pragma once

#include "model/costs.hpp"
#include "model/fabric.hpp"
#include "model/memory.hpp"

namespace tokenyard {

/// Of what is no library, and moves tokens by itself.
BufferUse needs_no_buffers(const BatchShape& batch, const Fabric& fabric, const Costs& costs);

/// Of libraries whose buffers nobody has worked out here.
BufferUse buffers_not_modelled(const BatchShape& batch, const Fabric& fabric, const Costs& costs);

/// NCCL's point-to-point connections, made once all pairs have sent to each other:
///   peers inside the node x channels of a peer x (2 MiB + 10 MiB) + between nodes pools x channels x 16 x 128 KiB
/// NCCL 2.30.7, src/transport/p2p.cc:407-410 and 486-491: a connection has a send part and a receive part, each rounded up to 2
/// MiB; the receive part holds the buffers of all protocols, src/init.cc:810-827: 4 MiB, 512 KiB (LL), 4,915,200 B (LL128).
/// src/transport/net.cc:628-674: connections of the network share pools: one to receive, one for each GPU that it sends for.
BufferUse nccl_buffers(const BatchShape& batch, const Fabric& fabric, const Costs& costs);

/// DeepEP V1's rings (`two_level.buffers: rings`): NVLink's in every channel for each of up to 8 ranks, and between nodes those
/// of the network, twice. DeepEP v1.2.1, csrc/config.hpp:49-102 (get_nvl_buffer_size_hint, get_rdma_buffer_size_hint), for BF16.
BufferUse two_level_buffers(const BatchShape& batch, const Fabric& fabric, const Costs& costs);

/// DeepEP V1's slots (`low_latency.buffers: slots`): two of each, for sending and receiving, with a slot a token for every
/// expert there is. DeepEP v1.2.1, csrc/config.hpp:132-195 (LowLatencyLayout).
BufferUse low_latency_buffers(const BatchShape& batch, const Fabric& fabric, const Costs& costs);

/// `sent_once.buffers: elastic`: DeepEP V2's, the larger of those of dispatch and combine, rounded up to 2 MiB. DeepEP dd758ca,
/// csrc/elastic/buffer.hpp:586-700 (get_dispatch_buffer_size, get_combine_buffer_size).
/// `sent_once.buffers: planes`: a row for each token of each rank, in dispatch and in combine. FlashInfer fb28d72,
/// flashinfer/comm/trtllm_moe_alltoall.py (moe_a2a_get_workspace_size_per_rank).
BufferUse sent_once_buffers(const BatchShape& batch, const Fabric& fabric, const Costs& costs);

}  // namespace tokenyard
