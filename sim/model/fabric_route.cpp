// SPDX-License-Identifier: Apache-2.0
#include "model/fabric.hpp"

#include <cassert>

namespace tokenyard {
namespace {

/// Walks from GPU to GPU, notes the links, and what hashes decide.
class RouteWalk {
public:
    /// `picks` may be nullptr.
    RouteWalk(const Fabric& fabric, std::uint32_t flow, std::vector<LinkId>& links, std::vector<EcmpPick>* picks)
        : fabric_(fabric), flow_(flow), links_(links), picks_(picks) {}

    /// The latency of the whole way.
    Seconds walk(int source, int destination, int lane);

private:
    using Gpu = Fabric::Gpu;

    const Gpu& gpu(int rank) const { return fabric_.gpus[static_cast<std::size_t>(rank)]; }
    bool connects(std::uint32_t out, std::uint32_t in) const {
        return fabric_.scale_out.connects(fabric_.nics[out].switch_index, fabric_.nics[in].switch_index);
    }
    /// A NIC of this very GPU on that switch, or `otherwise`.
    std::uint32_t own_nic_on(int switch_index, const Gpu& owner, std::uint32_t otherwise) const {
        for (const std::uint32_t nic : owner.nics)
            if (fabric_.nics[nic].switch_index == switch_index) return nic;
        return otherwise;
    }

    void pass(LinkId link) {
        if (link == no_link) return;
        links_.push_back(link);
        latency_ += fabric_.links[link].latency;
    }
    void pass(const PathTable::Path& path, std::uint64_t choice);
    /// From one PCIe switch of a node to another one; nothing where they are the same or not told apart.
    void cross_pcie(int from, int to) {
        if (from == to || from < 0 || to < 0) return;
        pass(fabric_.pcie_switches[static_cast<std::size_t>(from)].up);
        pass(fabric_.pcie_switches[static_cast<std::size_t>(to)].down);
    }
    void cross_scale_up(int source, int destination);
    void cross_scale_out(int source, std::uint32_t source_nic, int destination, std::uint32_t destination_nic);
    void change_rails(int source, std::uint32_t out, int destination, std::uint32_t in);

    const Fabric& fabric_;
    std::uint32_t flow_;
    std::vector<LinkId>& links_;
    std::vector<EcmpPick>* picks_;
    Seconds latency_;
};

void RouteWalk::pass(const PathTable::Path& path, std::uint64_t choice) {
    latency_ += path.switch_latency;
    for (const PathTable::Step& step : path.steps) {
        LinkId link = step.link;
        if (step.group != no_group) {
            const std::vector<LinkId>& equal = fabric_.ecmp_groups[step.group].links;
            if (link == no_link) link = equal[choice % equal.size()];
            if (picks_) picks_->push_back({step.group, link});
        }
        pass(link);
    }
}

void RouteWalk::cross_scale_up(int source, int destination) {
    if (source == destination) return;
    const Gpu &from = gpu(source), &to = gpu(destination);
    if (from.domain != to.domain) {  // bridged pairs of one node talk through the host
        pass(from.host.out);
        cross_pcie(from.pcie_switch, to.pcie_switch);
        pass(to.host.in);
        return;
    }
    pass(from.scale_up.out);
    pass(fabric_.domains[static_cast<std::size_t>(from.domain)].path(from.scale_up.switch_index, to.scale_up.switch_index), 0);
    pass(to.scale_up.in);
}

void RouteWalk::cross_scale_out(int source, std::uint32_t source_nic, int destination, std::uint32_t destination_nic) {
    const Fabric::Nic &from = fabric_.nics[source_nic], &to = fabric_.nics[destination_nic];
    const std::uint64_t choice = ecmp_choice(source_nic, destination_nic, flow_, fabric_.hash_seed);
    pass(gpu(source).host.out);
    cross_pcie(gpu(source).pcie_switch, from.pcie_switch);
    pass(from.out);
    pass(fabric_.scale_out.path(from.switch_index, to.switch_index, choice), choice);
    pass(to.in);
    cross_pcie(to.pcie_switch, gpu(destination).pcie_switch);
    pass(gpu(destination).host.in);
}

/// Separate rails: change by NVLink before leaving; after arriving where the sender has no such rail; or, where NICs are
/// down so that neither will do, at both ends over a rail that both nodes have.
void RouteWalk::change_rails(int source, std::uint32_t out, int destination, std::uint32_t in) {
    const int from = gpu(source).node, to = gpu(destination).node;
    Fabric::Relay before = fabric_.relay(from, fabric_.nics[in].switch_index), after{destination, in};
    if (before.rank < 0) {
        before = {source, out};
        after = fabric_.relay(to, fabric_.nics[out].switch_index);
    }
    const int rails = fabric_.scale_out.switch_count(), first = fabric_.nics[out].switch_index;
    for (int next = 1; after.rank < 0 && next < rails; ++next) {
        const Fabric::Relay here = fabric_.relay(from, (first + next) % rails), there = fabric_.relay(to, (first + next) % rails);
        if (here.rank < 0 || there.rank < 0) continue;
        before = here;
        after = there;
    }
    assert(after.rank >= 0);
    cross_scale_up(source, before.rank);
    cross_scale_out(before.rank, before.nic, after.rank, after.nic);
    cross_scale_up(after.rank, destination);
}

Seconds RouteWalk::walk(int source, int destination, int lane) {
    if (fabric_.tier(source, destination) == Tier::scale_up) {
        cross_scale_up(source, destination);
        return latency_;
    }
    const Gpu &from = gpu(source), &to = gpu(destination);
    std::uint32_t out = from.nics[static_cast<std::size_t>(lane) % from.nics.size()];
    std::uint32_t in = to.nics[static_cast<std::size_t>(lane) % to.nics.size()];
    if (!connects(out, in)) {  // another NIC of the two may be on one rail
        out = own_nic_on(fabric_.nics[in].switch_index, from, out);
        in = own_nic_on(fabric_.nics[out].switch_index, to, in);
    }
    if (connects(out, in)) cross_scale_out(source, out, destination, in);
    else change_rails(source, out, destination, in);
    return latency_;
}

}  // namespace

Seconds Fabric::append_route(int source, int destination, int lane, std::uint32_t flow, std::vector<LinkId>& route) const {
    assert(source != destination && lane >= 0 && lane < lane_count(source, destination));
    return RouteWalk(*this, flow, route, nullptr).walk(source, destination, lane);
}

std::vector<EcmpPick> Fabric::ecmp_picks(int source, int destination, int lane, std::uint32_t flow) const {
    assert(source != destination && lane >= 0 && lane < lane_count(source, destination));
    std::vector<LinkId> route;
    std::vector<EcmpPick> picks;
    RouteWalk(*this, flow, route, &picks).walk(source, destination, lane);
    return picks;
}

}  // namespace tokenyard
