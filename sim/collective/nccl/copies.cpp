// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/copies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tokenyard {
namespace {

constexpr double ll_wire_per_payload = 2;  // flags are half of it
constexpr int both_ways = 2;               // a CTA stores what it sends and what it receives

double limited(double rate, Bandwidth limit, double times) { return limit.si > 0 ? std::min(rate, limit.si * times) : rate; }

}  // namespace

NcclCopies::NcclCopies(const NcclCommunicator& communicator, const Fabric& fabric, const NcclCosts& costs)
    : communicator_(communicator),
      fabric_(fabric),
      costs_(costs),
      ctas_(static_cast<std::size_t>(communicator.rank_count()),
            std::vector<LinkId>(static_cast<std::size_t>(communicator.channels), no_link)),
      hosts_(static_cast<std::size_t>(fabric.node_count()), no_link) {}

NcclCopies::Rates NcclCopies::rates(NcclProtocol protocol, NcclWarps warps, bool goes_both_ways) const {
    const int both = std::min(warps.send, warps.receive);
    double by_warps = limited(std::numeric_limits<double>::infinity(), costs_.warp_rate, both);
    if (protocol == NcclProtocol::low_latency) {
        by_warps = limited(by_warps, costs_.ll_warp_rate, both * ll_wire_per_payload);
        by_warps = limited(by_warps, costs_.ll_connection_rate, ll_wire_per_payload);
    }
    const double one_way = limited(by_warps, costs_.one_way_rate, 1);
    return {goes_both_ways ? limited(by_warps, costs_.connection_rate, 1) : one_way, one_way};
}

double NcclCopies::cap(const NcclPart& part, Rates rates) {
    const bool is_even = !std::isfinite(rates.steady) || rates.one_way <= rates.steady;
    if (part.message.protocol == NcclProtocol::low_latency || is_even) return rates.steady;
    const double size = part.stretch.size.si, first = std::min(part.message.chunk.si, size);
    return size / (first / rates.one_way + (size - first) / rates.steady);
}

Seconds NcclCopies::receiving_time(const NcclPart& part, Rates rates, NcclWarps warps) const {
    if (part.message.protocol == NcclProtocol::low_latency) return {};
    const double rate = costs_.receive_warp_rate.si > 0 ? costs_.receive_warp_rate.si * warps.receive : rates.one_way;
    return std::isfinite(rate) ? std::min(part.message.chunk, part.stretch.size) / Bandwidth{rate} : Seconds{};
}

LinkId NcclCopies::cta(int rank, int channel, Schedule& schedule) {
    if (costs_.cta_rate.si == 0) return no_link;
    LinkId& link = ctas_[static_cast<std::size_t>(rank)][static_cast<std::size_t>(channel)];
    if (link == no_link)
        link = schedule.add_resource(
            fabric_, {fmt::format("{}/cta{}", fabric_.gpu_name(rank), channel), LinkKind::sm, costs_.cta_rate * both_ways, {}});
    return link;
}

std::array<LinkId, 2> NcclCopies::host(int rank, int peer, Schedule& schedule) {
    if (costs_.host_rate.si == 0 || may_write_to(rank, peer)) return {no_link, no_link};
    const int node = fabric_.gpus[static_cast<std::size_t>(rank)].node;
    LinkId& link = hosts_[static_cast<std::size_t>(node)];
    if (link == no_link)
        link = schedule.add_resource(fabric_, {fmt::format("node{}/host memory", node), LinkKind::memory, costs_.host_rate, {}});
    return {link, share_root(rank, peer) ? no_link : link};
}

bool NcclCopies::share_root(int rank, int peer) const {
    return fabric_.gpus[static_cast<std::size_t>(rank)].pcie_switch == fabric_.gpus[static_cast<std::size_t>(peer)].pcie_switch;
}

bool NcclCopies::may_write_to(int rank, int peer) const {
    const bool are_two = communicator_.rank_count() <= 2;
    switch (costs_.p2p_level) {
        case p2p_pxb_or_two: return share_root(rank, peer) || are_two;
        case p2p_two: return are_two;
        case p2p_nvl: return false;
        case p2p_sys: return true;
        default: return share_root(rank, peer);
    }
}

}  // namespace tokenyard
