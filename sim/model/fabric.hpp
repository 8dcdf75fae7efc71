// The cluster as a graph of directed links, with a route for every pair of ranks.
#pragma once

#include "model/cluster.hpp"
#include "model/units.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tokenyard {

using LinkId = std::uint32_t;
inline constexpr LinkId no_link = UINT32_MAX;

enum class LinkKind { nvlink, pcie, nic, leaf, pod, trunk, memory, sm, proxy };

/// "nvlink", "pcie", "nic", "leaf", "pod", "trunk", "memory", and, of an algorithm's own, "sm" (threads that copy) and
/// "proxy" (a CPU's thread): what JSON and tables call the kind.
std::string_view name_of(LinkKind kind);

/// One direction of a cable, a port, or a bundle of them that is used evenly.
struct Link {
    std::string name;  // from the outside in: node1/nic3/out, leaf2/up
    LinkKind kind = LinkKind::nvlink;
    Bandwidth capacity;  // payload: line rate times efficiency
    Seconds latency;
};

/// Where something hangs on a switch: the link towards it and the link from it. no_link where there is no such limit.
struct Port {
    LinkId out = no_link, in = no_link;
    int switch_index = 0;
};

/// The links between every two switches of a network, and the latency of the switches passed on the way.
class PathTable {
public:
    struct Path {
        std::vector<LinkId> links;
        Seconds switch_latency;
    };

    PathTable() = default;
    explicit PathTable(int switch_count);
    /// One more path from a switch to another one, as good as those it has.
    void add(int from, int to, Path path);
    bool connects(int from, int to) const { return !paths_[index(from, to)].empty(); }
    /// The path that `choice` falls on. Pre: connects(from, to).
    const Path& path(int from, int to, std::uint64_t choice = 0) const;
    int switch_count() const { return switch_count_; }

private:
    std::size_t index(int from, int to) const;

    int switch_count_ = 0;
    std::vector<std::vector<Path>> paths_;
};

enum class Tier { local, scale_up, scale_out };

/// Links and routes. Made by build_fabric, which guarantees that every pair of ranks has a route.
struct Fabric {
    struct Gpu {
        int node = 0, index = 0;  // which GPU of which node
        int domain = 0;
        Port scale_up;  // on its domain's switches
        Port host;      // its PCIe link; no_link when that is never a limit
        GpuModel model;
        LinkId memory = no_link;          // reads and writes of its memory together
        double speed = 1;                 // of its computation and memory, against its model
        Seconds late;                     // it begins so much later than the others
        std::vector<std::uint32_t> nics;  // indices into Fabric::nics, at least one if it can leave its node
    };
    struct Relay {
        int rank = -1;  // a GPU of this node whose NIC hangs on this switch
        std::uint32_t nic = 0;
    };

    std::vector<Link> links;
    std::vector<Gpu> gpus;           // by rank
    std::vector<PathTable> domains;  // inside each scale-up domain
    std::vector<Port> nics;          // on the switches of the scale-out network
    PathTable scale_out;
    std::vector<Relay> relays;  // node x switch of scale_out

    int rank_count() const { return static_cast<int>(gpus.size()); }
    int node_count() const { return gpus.empty() ? 0 : gpus.back().node + 1; }

    /// "node1/gpu5".
    std::string gpu_name(int rank) const;

    /// local for a rank itself; scale_up inside a domain or a node; scale_out otherwise.
    Tier tier(int source, int destination) const;

    /// For each rank its node.
    std::vector<int> node_of_each_rank() const;

    /// For each rank its island: the GPUs that reach each other without the scale-out network, numbered from 0.
    std::vector<int> island_of_each_rank() const;

    /// Parallel routes of a pair: one, or, across the scale-out network, so many that each NIC of both GPUs has alike.
    int lane_count(int source, int destination) const;

    /// Appends the links from `source` to `destination` on one lane and gives the latency of the whole way.
    /// Pre: source != destination, 0 <= lane < lane_count.
    Seconds append_route(int source, int destination, int lane, std::vector<LinkId>& links) const;

private:
    Seconds append_scale_up(int source, int destination, std::vector<LinkId>& route) const;
    Seconds append_scale_out(int source, std::uint32_t source_nic, int destination, std::uint32_t destination_nic,
                             std::vector<LinkId>& route) const;
    Seconds append_link(LinkId link, std::vector<LinkId>& route) const;
    Seconds append_path(const PathTable::Path& path, std::vector<LinkId>& route) const;
    Relay relay(int node, int switch_index) const;
    /// A NIC of this very GPU on that switch, or `otherwise`.
    std::uint32_t own_nic_on(int switch_index, const Gpu& gpu, std::uint32_t otherwise) const;
};

}  // namespace tokenyard
