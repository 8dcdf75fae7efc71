// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/communicator.hpp"

#include "collective/nccl/integers.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace tokenyard {
namespace {

constexpr std::uint64_t smallest_chunk = 16;  // bytes, so that a quarter is whole; NCCL does not check what it is given
constexpr int channels_of_slow_peer = 2;      // same node, not NVLink: graph/paths.cc:833
constexpr int channels_of_net_peer = 2;       // to start from: graph/paths.cc:840
constexpr int channels_a_link = 2;            // graph/paths.cc:831
constexpr int net_load_before_halving = 4;    // works a channel: graph/paths.cc:846
constexpr int rccl_channels_a_peer = 4;       // of xGMI, twice as many on one node: RCCL, src/graph/paths.cc
constexpr int rccl_works_per_batch = 2;       // it reckons with, although each work is a batch of its own unless asked for
constexpr int channels_that_args_hold = 64;   // graph/paths.cc:885: (4096 - 32) / 16 = 254 batches, more than MAXCHANNELS

bool is_rccl(const NcclLayout& layout) { return layout.settings.version == NcclVersion::rccl; }

bool is_before(const NcclLayout& layout, NcclVersion version) { return layout.settings.version < version; }

int group_size(const NcclLayout& layout) {
    if (is_before(layout, NcclVersion::v2_28)) {
        int ranks = 0;
        bool are_equal = true;
        for (const NcclNode& node : layout.nodes) {
            ranks += node.ranks;
            are_equal = are_equal && node.ranks == layout.nodes.front().ranks;
        }
        return are_equal ? layout.nodes.front().ranks : ranks;
    }
    int size = layout.nodes.size() > 1 ? layout.settings.schedule_group_size : layout.nodes.front().ranks;
    for (const NcclNode& node : layout.nodes) size = std::gcd(size, node.ranks);
    return size;
}

std::vector<int> deltas_in_quadratic_order(int groups) {
    const int period = round_up_to_power_of_two(groups);
    std::vector<int> deltas;
    for (int step = 0, delta = 0; step < period; ++step, delta = (delta + step) % period)
        if (delta < groups) deltas.push_back(delta);
    return deltas;
}

std::vector<int> inverse_of(const std::vector<int>& deltas) {
    std::vector<int> positions(deltas.size());
    for (std::size_t position = 0; position < deltas.size(); ++position)
        positions[static_cast<std::size_t>(deltas[position])] = static_cast<int>(position);
    return positions;
}

int channels_before_rounding(const NcclLayout& layout) {
    return std::max(std::min(layout.collective_channels, layout.settings.max_p2p_channels), layout.settings.min_p2p_channels);
}

int channels_to_other_node(const NcclLayout& layout, int ranks, int channels) {
    if (layout.settings.channels_per_net_peer) return *layout.settings.channels_per_net_peer;
    if (!is_before(layout, NcclVersion::v2_29) || is_rccl(layout)) {
        const double whole = std::floor(layout.net_rate.si / gigabytes_per_second(1).si);
        return std::max(
            layout.nics_to_fill_gpu,
            static_cast<int>(std::ceil(whole / (layout.settings.net_rate_a_channel.si / gigabytes_per_second(1).si))));
    }
    int most = channels_of_net_peer;
    while (most > 1 && most * ranks > channels * net_load_before_halving) most /= 2;
    return std::max(layout.nics_to_fill_gpu, most);
}

int channels_of_nvlink_peer(const NcclLayout& layout) {
    if (is_rccl(layout)) return layout.nodes.size() > 1 ? rccl_channels_a_peer : 2 * rccl_channels_a_peer;
    return channels_a_link * std::max(1, layout.nvlink_links);
}

/// What several nodes leave of a peer's channels as they grow.
int halved_with_scale(const NcclLayout& layout, int per_peer, int ranks, int channels) {
    if (layout.nodes.size() == 1 || layout.settings.channels_per_net_peer) return per_peer;
    if (is_rccl(layout)) {
        while (per_peer > 1 && per_peer * divide_up(ranks, rccl_works_per_batch) >= channels) per_peer /= 2;
    } else if (!is_before(layout, NcclVersion::v2_29)) {
        while (per_peer > 1 && per_peer * divide_up(ranks, nccl_works_per_batch) > channels) per_peer /= 2;
    }
    return per_peer;
}

int fewest_channels_of_a_pair(const NcclLayout& layout, int ranks, int channels) {
    int fewest = channels;
    const int domain = std::max(1, layout.nvlink_domain);
    for (const NcclNode& node : layout.nodes) {
        if (node.ranks > 1 && domain > 1) fewest = std::min(fewest, channels_of_nvlink_peer(layout));
        if (node.ranks > domain && !layout.is_network_inside) fewest = std::min(fewest, channels_of_slow_peer);
    }
    if (layout.nodes.size() > 1 || layout.is_network_inside)
        fewest = std::min(fewest, channels_to_other_node(layout, ranks, channels));
    return fewest;
}

Bytes chunk_of(const NcclLayout& layout) {
    const NcclSettings& settings = layout.settings;
    const bool is_all_nvlink = layout.nodes.front().ranks <= std::max(1, layout.nvlink_domain);
    const Bytes wanted = layout.nodes.size() > 1 ? settings.net_chunk
                         : is_all_nvlink         ? settings.nvlink_chunk
                                                 : settings.pcie_chunk;
    // NCCL keeps 4 significant bits of a chunk: include/bitops.h:405-450.
    const auto whole = static_cast<std::uint64_t>(in_bytes(std::min(wanted, settings.buffer / nccl_steps)));
    const int dropped = std::max(0, static_cast<int>(std::bit_width(whole)) - 4);
    return bytes(static_cast<double>(std::max<std::uint64_t>(whole >> dropped << dropped, smallest_chunk)));
}

/// The NICs that a GPU takes in turn: NICs / GPUs that share the first of them, rounded up, or as many as are asked for, from a
/// start that differs from GPU to GPU: graph/topo.cc:1641-1670 with NCCL_NETDEVS_POLICY=AUTO or MAX:n.
std::vector<int> nics_in_turn(const std::vector<std::vector<int>>& nics_of_gpu, int gpu, int asked) {
    const std::vector<int>& near = nics_of_gpu[static_cast<std::size_t>(gpu)];
    assert(!near.empty() && "every GPU has a NIC");
    const auto shares = [&near](const std::vector<int>& nics) {
        return std::find(nics.begin(), nics.end(), near.front()) != nics.end();
    };
    const auto count = static_cast<int>(near.size());
    const auto sharers = std::count_if(nics_of_gpu.begin(), nics_of_gpu.end(), shares);
    const int taken = asked > 0 ? std::min(asked, count) : static_cast<int>(divide_up(count, sharers));
    const bool is_power_of_two = round_up_to_power_of_two(count) == count;
    const int start = is_power_of_two ? mirror_bits(gpu, count) : gpu;
    std::vector<int> turns;
    for (int turn = 0; turn < taken; ++turn) turns.push_back(near[static_cast<std::size_t>((start + turn) % count)]);
    return turns;
}

/// A NIC belongs to the GPU that is the first to take it, over channels and then over GPUs: graph/topo.cc:1688-1713.
std::vector<int> owners_of_nics(const std::vector<std::vector<int>>& of_gpu) {
    std::vector<int> owners;
    for (std::size_t channel = 0; channel < nccl_max_channels; ++channel)
        for (std::size_t gpu = 0; gpu < of_gpu.size(); ++gpu) {
            const auto nic = static_cast<std::size_t>(of_gpu[gpu][channel % of_gpu[gpu].size()]);
            if (nic >= owners.size()) owners.resize(nic + 1, -1);
            if (owners[nic] < 0) owners[nic] = static_cast<int>(gpu);
        }
    return owners;
}

NcclNics nics_of(const NcclNode& node, int asked) {
    std::vector<std::vector<int>> nics_of_gpu = node.nics_of_gpu;
    if (nics_of_gpu.empty())
        for (int gpu = 0; gpu < node.ranks; ++gpu) nics_of_gpu.push_back({gpu});
    assert(static_cast<int>(nics_of_gpu.size()) == node.ranks && "NICs are given for every GPU or for none");
    NcclNics nics;
    for (int gpu = 0; gpu < node.ranks; ++gpu) nics.of_gpu.push_back(nics_in_turn(nics_of_gpu, gpu, asked));
    nics.gpu_of_nic = owners_of_nics(nics.of_gpu);
    return nics;
}

}  // namespace

int NcclCommunicator::local_index(int rank) const {
    return rank - first_rank[static_cast<std::size_t>(node_of_rank[static_cast<std::size_t>(rank)])];
}

bool NcclCommunicator::share_nvlink(int a, int b) const {
    const int domain = std::max(1, layout.nvlink_domain);
    return node_of_rank[static_cast<std::size_t>(a)] == node_of_rank[static_cast<std::size_t>(b)] &&
           local_index(a) / domain == local_index(b) / domain;
}

NcclCommunicator make_nccl_communicator(NcclLayout layout) {
    assert(!layout.nodes.empty() && "a communicator has a node");
    NcclCommunicator made;
    const int nics_asked = is_before(layout, NcclVersion::v2_29) ? 0 : layout.settings.nics_per_gpu;
    for (std::size_t node = 0; node < layout.nodes.size(); ++node) {
        const NcclNode& here = layout.nodes[node];
        assert(here.ranks > 0 && "a node has ranks");
        made.first_rank.push_back(static_cast<int>(made.node_of_rank.size()));
        made.most_ranks_of_node = std::max(made.most_ranks_of_node, here.ranks);
        made.node_of_rank.insert(made.node_of_rank.end(), static_cast<std::size_t>(here.ranks), static_cast<int>(node));
        made.nics.push_back(node > 0 && here == layout.nodes[node - 1] ? made.nics.back() : nics_of(here, nics_asked));
    }
    const int ranks = made.rank_count();

    made.group_size = group_size(layout);
    made.group_deltas = deltas_in_quadratic_order(ranks / made.group_size);
    made.position_of_delta = inverse_of(made.group_deltas);
    if (is_before(layout, NcclVersion::v2_28)) {
        made.local_deltas = deltas_in_quadratic_order(made.group_size);
    } else {
        made.local_deltas.resize(static_cast<std::size_t>(made.group_size));
        std::iota(made.local_deltas.begin(), made.local_deltas.end(), 0);
    }
    made.position_of_local = inverse_of(made.local_deltas);

    const int channels = channels_before_rounding(layout);
    made.channels = std::min(round_up_to_power_of_two(channels), channels_that_args_hold);
    made.channels_per_peer =
        std::min(round_up_to_power_of_two(fewest_channels_of_a_pair(layout, ranks, channels)), made.channels);
    made.channels_per_peer = halved_with_scale(layout, made.channels_per_peer, ranks, made.channels);
    made.channels_at_first = made.channels_per_peer;
    while (made.channels_at_first > 1 && made.channels_at_first * ranks > made.channels) made.channels_at_first /= 2;

    made.chunk = chunk_of(layout);
    made.layout = std::move(layout);
    return made;
}

}  // namespace tokenyard
