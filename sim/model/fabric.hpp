// SPDX-License-Identifier: Apache-2.0
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

/// Equal links of one switch in one direction, of which a static hash picks one for each flow (ECMP).
struct EcmpGroup {
    std::string name;  // leaf2/up; a/(b|c) in a drawn network
    std::vector<LinkId> links;
};
inline constexpr std::uint32_t no_group = UINT32_MAX;

/// What the hash decided for a flow: one link of a group.
struct EcmpPick {
    std::uint32_t group = no_group;  // index into Fabric::ecmp_groups
    LinkId link = no_link;
};

/// Where something hangs on a switch: the link towards it and the link from it. no_link where there is no such limit.
struct Port {
    LinkId out = no_link, in = no_link;
    int switch_index = 0;
};

/// The links between every two switches of a network, and the latency of the switches passed on the way.
class PathTable {
public:
    struct Step {
        LinkId link = no_link;           // no_link: the one of `group` that the flow's hash falls on, the same in each group
        std::uint32_t group = no_group;  // the equal links that it is one of, where there is a choice
    };
    struct Path {
        std::vector<Step> steps;
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
    /// So many times the latency of all switches.
    void scale_latency(double factor);

private:
    std::size_t index(int from, int to) const;

    int switch_count_ = 0;
    std::vector<std::vector<Path>> paths_;
};

/// Spreads flows over equal paths, as a switch's hash of addresses and ports does. `flow` is what tells the flows of
/// two NICs apart: a queue pair, or a UDP source port. `seed` is the switches': other ones, other ways.
std::uint64_t ecmp_choice(std::uint32_t source_nic, std::uint32_t destination_nic, std::uint32_t flow, int seed = 0);

enum class Tier { local, scale_up, scale_out };

/// Links and routes. Made by build_fabric, which guarantees that every pair of ranks has a route.
struct Fabric {
    /// Each direction, as the node is described, whatever faults: what software finds when it looks at the hardware. 0: there is
    /// none.
    struct LineRates {
        Bandwidth nvlink, pcie, nic;
    };
    struct Gpu {
        int node = 0, index = 0;  // which GPU of which node
        int domain = 0;
        Port scale_up;                    // on its domain's switches
        Port host;                        // its PCIe link; no_link when that is never a limit
        std::vector<std::uint32_t> nics;  // indices into Fabric::nics, at least one if it can leave its node
        bool borrows_nics = false;        // they are a neighbour's, because all of its own are down
        bool is_alone = false;            // it reaches the others of its node and domain over its NICs only
        int pcie_switch = -1;             // index into Fabric::pcie_switches; -1: as if the node had one
        LinkId memory = no_link;          // what its memory can read and write; on no route
        std::size_t model = 0;            // index into Fabric::gpu_models
        double speed = 1;                 // of its computing; its memory's capacity has it already
        Seconds late;                     // how much later than the others it begins
        LineRates line;                   // of its links, and of one NIC
    };
    struct Nic {
        LinkId out = no_link, in = no_link;  // no_link: down, and on no route
        int switch_index = 0;
        int pcie_switch = -1;  // index into Fabric::pcie_switches; -1: beside its GPUs
    };
    /// From a PCIe switch of a node to the root, and back.
    struct PcieSwitch {
        LinkId up = no_link, down = no_link;
    };
    struct Relay {
        int rank = -1;  // a GPU of this node whose NIC hangs on this switch
        std::uint32_t nic = 0;
    };

    std::vector<Link> links;
    std::vector<Gpu> gpus;  // by rank
    std::vector<GpuModel> gpu_models;
    std::vector<PathTable> domains;  // inside each scale-up domain
    std::vector<Nic> nics;           // on the switches of the scale-out network
    PathTable scale_out;
    std::vector<std::string> switch_names;  // of scale_out
    int switch_count = 0;                   // of scale_out: those, and what joins leaves and pods
    std::vector<PcieSwitch> pcie_switches;
    std::vector<EcmpGroup> ecmp_groups;  // empty where uplinks are used evenly
    int hash_seed = 0;                   // that ways are picked with
    std::vector<Relay> relays;           // node x switch of scale_out

    int rank_count() const { return static_cast<int>(gpus.size()); }
    int node_count() const { return gpus.empty() ? 0 : gpus.back().node + 1; }

    const GpuModel& gpu_model(int rank) const { return gpu_models[gpus[static_cast<std::size_t>(rank)].model]; }

    /// A GPU of the node whose NIC hangs on that switch of scale_out, or rank -1.
    Relay relay(int node, int switch_index) const {
        return relays[static_cast<std::size_t>(node) * static_cast<std::size_t>(scale_out.switch_count()) +
                      static_cast<std::size_t>(switch_index)];
    }

    /// "node1/gpu5".
    std::string gpu_name(int rank) const;

    /// local for a rank itself; scale_up inside a domain or a node, unless one of both is alone; scale_out otherwise.
    Tier tier(int source, int destination) const;

    /// For each rank its node.
    std::vector<int> node_of_each_rank() const;

    /// For each rank its island: the GPUs that reach each other without the scale-out network, numbered from 0.
    std::vector<int> island_of_each_rank() const;

    /// Parallel routes of a pair: one, or, across the scale-out network, so many that each NIC of both GPUs has alike.
    int lane_count(int source, int destination) const;

    /// So many times the latency of every way, on the same ways.
    void scale_latency(double factor);

    /// Appends the links from `source` to `destination` on one lane and gives the latency of the whole way. `flow` is
    /// the flow's label for static ECMP and changes nothing elsewhere.
    /// Pre: source != destination, 0 <= lane < lane_count.
    Seconds append_route(int source, int destination, int lane, std::uint32_t flow, std::vector<LinkId>& route) const;

    /// The links of that route which a hash picked, and the groups it picked them from: what collisions are counted by.
    /// A group of n links carries f flows evenly when none has more than ceil(f / n). Pre: as append_route.
    std::vector<EcmpPick> ecmp_picks(int source, int destination, int lane, std::uint32_t flow) const;
};

}  // namespace tokenyard
