// SPDX-License-Identifier: Apache-2.0
#include "collective/buffers.hpp"

#include "collective/nccl_communicator_of.hpp"
#include "collective/relay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tokenyard {
namespace {

constexpr double mebibyte = 1 << 20;

double rounded_up(double value, double step) { return std::ceil(value / step) * step; }

/// Elements in BF16, the widest that these kernels send.
double bf16_row(const BatchShape& batch) { return 2.0 * batch.hidden; }

/// Tokens that a ring of NVLink holds: DeepEP v1.2.1, deep_ep/buffer.py:218-271, the fifth number of a configuration.
int ring_tokens(int ranks) { return ranks <= 8 ? 256 : ranks <= 64 ? 288 : ranks <= 96 ? 480 : ranks <= 128 ? 560 : 720; }

BufferUse elastic_buffers(const BatchShape& batch, const Fabric& fabric, const SentOnceCosts& costs) {
    constexpr double most_channels = 1280;    // csrc/elastic/buffer.hpp: kNumMaxChannels
    constexpr double elements_of_scale = 32;  // it takes the finest scales that there are, 4 B each
    const int islands = static_cast<int>(Islands(fabric, batch.ranks).count());
    const double nodes = islands, peers = std::ceil(1.0 * batch.ranks / islands), tokens = batch.tokens_per_rank;
    const double k = batch.experts_per_token;
    const bool is_fp8 = in_bytes(batch.dispatched) < bf16_row(batch);
    const double elements = is_fp8 ? batch.hidden + 4 * std::ceil(batch.hidden / elements_of_scale) : bf16_row(batch);
    const auto aligned = [&](double size) { return rounded_up(size, costs.alignment); };
    const double sent = aligned(elements + in_bytes(costs.token_header + costs.choice_header * k));
    const double returned = aligned(bf16_row(batch) + in_bytes(costs.combine_network_choice_header * k));
    double dispatch = batch.ranks * tokens * sent, combine = std::min<double>(batch.ranks, k) * tokens * returned;
    if (islands > 1) {
        dispatch += (tokens + nodes * (tokens + most_channels)) * sent;
        combine =
            (std::min(peers, k) * nodes * tokens + std::min(nodes, k) * tokens + nodes * (tokens + most_channels)) * returned;
    }
    return {bytes(rounded_up(std::max(dispatch, combine), 2 * mebibyte)),
            fmt::format("whole batches of DeepEP V2 for {} tokens of each of {} ranks", batch.tokens_per_rank, batch.ranks)};
}

BufferUse plane_buffers(const BatchShape& batch) {
    const double sent = in_bytes(batch.dispatched) + 8.0 * batch.experts_per_token;  // expert ids and weights, 4 B each
    return {bytes(1.0 * batch.ranks * batch.tokens_per_rank * (sent + bf16_row(batch))),
            fmt::format("planes of {} tokens of each of {} ranks, of dispatch and combine", batch.tokens_per_rank, batch.ranks)};
}

}  // namespace

BufferUse needs_no_buffers(const BatchShape&, const Fabric&, const Costs&) { return {Bytes{}, "none: no library"}; }

BufferUse buffers_not_modelled(const BatchShape&, const Fabric&, const Costs&) { return {{}, "not modelled of this library"}; }

BufferUse nccl_buffers(const BatchShape& batch, const Fabric& fabric, const Costs& costs) {
    constexpr double sending = 2 * mebibyte;  // of a connection on one channel
    constexpr double usual_buffer = 4 * mebibyte;
    constexpr double pool_slots = 16;  // of the network, a channel and direction, each of a chunk
    const double receiving = 10 * mebibyte + in_bytes(costs.nccl.buffer) - usual_buffer;  // NCCL_BUFFSIZE is part of it
    const NcclCommunicator communicator = nccl_communicator_of(fabric, batch.ranks, costs.nccl);
    int most_in_node = 0;
    for (int node = 0; node < communicator.node_count(); ++node)
        most_in_node = std::max(
            most_in_node, static_cast<int>(std::count(communicator.node_of_rank.begin(), communicator.node_of_rank.end(), node)));
    const int peers = most_in_node - 1, channels = communicator.channels_per_peer;
    double volume = peers * channels * (sending + receiving);
    // By PXN a GPU sends for every other one of its node, out of a pool for each.
    const int pools = (costs.nccl.pxn ? most_in_node : 1) + 1;
    if (communicator.node_count() > 1) volume += pools * communicator.channels * pool_slots * in_bytes(communicator.chunk);
    return {bytes(volume), fmt::format("NCCL's connections to {} peers of the node on {} channels each{}", peers, channels,
                                       communicator.node_count() > 1 ? ", and its pools for the network" : "")};
}

BufferUse two_level_buffers(const BatchShape& batch, const Fabric& fabric, const Costs& costs) {
    if (!costs.two_level.buffers) return buffers_not_modelled(batch, fabric, costs);
    constexpr int most_peers = 8;                          // DeepEP v1.2.1, csrc/kernels/configs.cuh: NUM_MAX_NVL_PEERS
    constexpr double of_network = 128;                     // tokens of its rings, rounded up to whole chunks
    constexpr double notes = 8 + 128 * (8 + 4) + 128 * 4;  // source, room for 128 choices and 128 scales
    const double channels = costs.two_level.sms / 2, peers = std::min(batch.ranks, most_peers);
    const double nodes = std::max(batch.ranks / most_peers, 1);
    double volume = channels * peers * ((2 * nodes + 3) * 4 + ring_tokens(batch.ranks) * (bf16_row(batch) + notes));
    volume = rounded_up(volume, 128);
    if (batch.ranks > most_peers) {
        const double tokens = rounded_up(of_network, costs.two_level.chunk_tokens);
        volume += rounded_up(
            channels * nodes * 2 * ((most_peers * 2 + 2) * 4 + tokens * (bf16_row(batch) + notes + 16)) + mebibyte, 128);
    }
    return {bytes(volume), fmt::format("rings of DeepEP V1, {} channels to {} ranks", channels, batch.ranks)};
}

BufferUse low_latency_buffers(const BatchShape& batch, const Fabric& fabric, const Costs& costs) {
    if (!costs.low_latency.buffers) return buffers_not_modelled(batch, fabric, costs);
    const double scales = batch.hidden / 128, slots = 1.0 * batch.experts * batch.tokens_per_rank;
    const double sent = 16 + std::max(bf16_row(batch), batch.hidden + 4 * scales), returned = 4 * scales + bf16_row(batch);
    const double sending = std::max(batch.tokens_per_rank * sent, slots * returned);
    const double receiving = slots * std::max(sent, returned);
    return {bytes(2 * (sending + receiving + rounded_up(4.0 * batch.experts, 128))),
            fmt::format("two of {} slots for each of {} experts, to send and to receive (DeepEP V1)", batch.tokens_per_rank,
                        batch.experts)};
}

BufferUse sent_once_buffers(const BatchShape& batch, const Fabric& fabric, const Costs& costs) {
    if (costs.sent_once.buffers == buffers_elastic) return elastic_buffers(batch, fabric, costs.sent_once);
    if (costs.sent_once.buffers == buffers_planes) return plane_buffers(batch);
    return buffers_not_modelled(batch, fabric, costs);
}

}  // namespace tokenyard
