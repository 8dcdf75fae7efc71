#include "model/fabric.hpp"

#include <cassert>
#include <numeric>

namespace tokenyard {

std::string_view name_of(LinkKind kind) {
    switch (kind) {
        case LinkKind::nvlink: return "nvlink";
        case LinkKind::pcie: return "pcie";
        case LinkKind::nic: return "nic";
        case LinkKind::leaf: return "leaf";
        case LinkKind::pod: return "pod";
        case LinkKind::trunk: return "trunk";
        case LinkKind::memory: return "memory";
        case LinkKind::sm: return "sm";
        case LinkKind::proxy: return "proxy";
    }
    return "link";
}

PathTable::PathTable(int switch_count)
    : switch_count_(switch_count), paths_(static_cast<std::size_t>(switch_count) * static_cast<std::size_t>(switch_count)) {}

std::size_t PathTable::index(int from, int to) const {
    assert(from >= 0 && from < switch_count_ && to >= 0 && to < switch_count_);
    return static_cast<std::size_t>(from) * static_cast<std::size_t>(switch_count_) + static_cast<std::size_t>(to);
}

void PathTable::add(int from, int to, Path path) { paths_[index(from, to)].push_back(std::move(path)); }

const PathTable::Path& PathTable::path(int from, int to, std::uint64_t choice) const {
    const std::vector<Path>& paths = paths_[index(from, to)];
    assert(!paths.empty());
    return paths[choice % paths.size()];
}

/// Spreads the flows of NIC pairs over equal paths, as a switch's hash of addresses does (splitmix64's finaliser).
std::uint64_t ecmp_choice(std::uint32_t source_nic, std::uint32_t destination_nic) {
    std::uint64_t bits = (std::uint64_t{source_nic} << 32 | destination_nic) + 0x9E3779B97F4A7C15u;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
    return bits ^ (bits >> 31);
}

std::string Fabric::gpu_name(int rank) const {
    const Gpu& gpu = gpus[static_cast<std::size_t>(rank)];
    return "node" + std::to_string(gpu.node) + "/gpu" + std::to_string(gpu.index);
}

Tier Fabric::tier(int source, int destination) const {
    if (source == destination) return Tier::local;
    const Gpu &from = gpus[static_cast<std::size_t>(source)], &to = gpus[static_cast<std::size_t>(destination)];
    return from.domain == to.domain || from.node == to.node ? Tier::scale_up : Tier::scale_out;
}

std::vector<int> Fabric::node_of_each_rank() const {
    std::vector<int> nodes;
    for (const Gpu& gpu : gpus) nodes.push_back(gpu.node);
    return nodes;
}

std::vector<int> Fabric::island_of_each_rank() const {
    std::vector<int> islands;
    for (int rank = 0; rank < rank_count(); ++rank) {  // nodes and domains are runs of ranks
        const bool is_new = rank > 0 && tier(rank - 1, rank) == Tier::scale_out;
        islands.push_back(rank == 0 ? 0 : islands.back() + is_new);
    }
    return islands;
}

int Fabric::lane_count(int source, int destination) const {
    if (tier(source, destination) != Tier::scale_out) return 1;
    const std::size_t out = gpus[static_cast<std::size_t>(source)].nics.size();
    const std::size_t in = gpus[static_cast<std::size_t>(destination)].nics.size();
    return static_cast<int>(std::lcm(out, in));
}

Seconds Fabric::append_link(LinkId link, std::vector<LinkId>& route) const {
    if (link == no_link) return {};
    route.push_back(link);
    return links[link].latency;
}

Seconds Fabric::append_path(const PathTable::Path& path, std::vector<LinkId>& route) const {
    Seconds latency = path.switch_latency;
    for (LinkId link : path.links) latency += append_link(link, route);
    return latency;
}

Fabric::Relay Fabric::relay(int node, int switch_index) const {
    return relays[static_cast<std::size_t>(node) * static_cast<std::size_t>(scale_out.switch_count()) +
                  static_cast<std::size_t>(switch_index)];
}

std::uint32_t Fabric::own_nic_on(int switch_index, const Gpu& gpu, std::uint32_t otherwise) const {
    for (const std::uint32_t nic : gpu.nics)
        if (nics[nic].switch_index == switch_index) return nic;
    return otherwise;
}

Seconds Fabric::append_scale_up(int source, int destination, std::vector<LinkId>& route) const {
    const Gpu &from = gpus[static_cast<std::size_t>(source)], &to = gpus[static_cast<std::size_t>(destination)];
    if (from.domain != to.domain) {  // bridged pairs of one node talk through the host
        const Seconds out = append_link(from.host.out, route);
        return out + append_link(to.host.in, route);
    }
    Seconds latency = append_link(from.scale_up.out, route);
    const PathTable& domain = domains[static_cast<std::size_t>(from.domain)];
    latency += append_path(domain.path(from.scale_up.switch_index, to.scale_up.switch_index), route);
    return latency + append_link(to.scale_up.in, route);
}

Seconds Fabric::append_scale_out(int source, std::uint32_t source_nic, int destination, std::uint32_t destination_nic,
                                 std::vector<LinkId>& route) const {
    const Port &from = nics[source_nic], &to = nics[destination_nic];
    Seconds latency = append_link(gpus[static_cast<std::size_t>(source)].host.out, route);
    latency += append_link(from.out, route);
    latency += append_path(scale_out.path(from.switch_index, to.switch_index, ecmp_choice(source_nic, destination_nic)), route);
    latency += append_link(to.in, route);
    return latency + append_link(gpus[static_cast<std::size_t>(destination)].host.in, route);
}

Seconds Fabric::append_route(int source, int destination, int lane, std::vector<LinkId>& route) const {
    assert(source != destination && lane >= 0 && lane < lane_count(source, destination));
    if (tier(source, destination) == Tier::scale_up) return append_scale_up(source, destination, route);
    const Gpu &from = gpus[static_cast<std::size_t>(source)], &to = gpus[static_cast<std::size_t>(destination)];
    std::uint32_t out = from.nics[static_cast<std::size_t>(lane) % from.nics.size()];
    std::uint32_t in = to.nics[static_cast<std::size_t>(lane) % to.nics.size()];
    if (!scale_out.connects(nics[out].switch_index, nics[in].switch_index)) {  // another NIC of the two may be on one rail
        out = own_nic_on(nics[in].switch_index, from, out);
        in = own_nic_on(nics[out].switch_index, to, in);
    }
    const int out_switch = nics[out].switch_index, in_switch = nics[in].switch_index;
    if (scale_out.connects(out_switch, in_switch)) return append_scale_out(source, out, destination, in, route);
    // Separate rails: change rail by NVLink before leaving, or after arriving where the sender has no such rail.
    if (const Relay before = relay(from.node, in_switch); before.rank >= 0) {
        const Seconds first = append_scale_up(source, before.rank, route);
        return first + append_scale_out(before.rank, before.nic, destination, in, route);
    }
    const Relay after = relay(to.node, out_switch);
    assert(after.rank >= 0);
    const Seconds first = append_scale_out(source, out, after.rank, after.nic, route);
    return first + append_scale_up(after.rank, destination, route);
}

}  // namespace tokenyard
