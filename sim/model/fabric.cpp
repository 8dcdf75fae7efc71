// SPDX-License-Identifier: Apache-2.0
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

void PathTable::scale_latency(double factor) {
    for (std::vector<Path>& paths : paths_)
        for (Path& path : paths) path.switch_latency = path.switch_latency * factor;
}

/// splitmix64: output number `flow` of the stream that the two NICs and the switches seed.
std::uint64_t ecmp_choice(std::uint32_t source_nic, std::uint32_t destination_nic, std::uint32_t flow, int seed) {
    constexpr std::uint64_t golden = 0x9E3779B97F4A7C15u, of_switches = 0xD1B54A32D192ED03u;
    std::uint64_t bits = (std::uint64_t{source_nic} << 32 | destination_nic) + golden * (std::uint64_t{flow} + 1) +
                         of_switches * static_cast<std::uint64_t>(seed);
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
    if (from.is_alone || to.is_alone) return Tier::scale_out;
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

void Fabric::scale_latency(double factor) {
    for (Link& link : links) link.latency = link.latency * factor;
    for (PathTable& domain : domains) domain.scale_latency(factor);
    scale_out.scale_latency(factor);
}

int Fabric::lane_count(int source, int destination) const {
    if (tier(source, destination) != Tier::scale_out) return 1;
    const std::size_t out = gpus[static_cast<std::size_t>(source)].nics.size();
    const std::size_t in = gpus[static_cast<std::size_t>(destination)].nics.size();
    return static_cast<int>(out == in ? out : std::lcm(out, in));  // asked for each pair, and nearly always alike
}

}  // namespace tokenyard
