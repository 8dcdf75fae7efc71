// SPDX-License-Identifier: Apache-2.0
#include "export/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <vector>

namespace tokenyard {
namespace {

/// Leaves of equal size and speed with spines above them, or none.
struct LeafSpine {
    int leaves = 0, hosts_per_leaf = 0, uplinks = 0;
    std::int64_t gigabits = 0;         // line rate of every cable
    std::vector<int> host_of_nic;      // by index into Fabric::nics
    std::vector<std::size_t> nic_out;  // by link: the NIC whose output it is, and input; no_nic otherwise
    std::vector<std::size_t> nic_in;
};
constexpr std::size_t no_nic = std::numeric_limits<std::size_t>::max();

std::int64_t whole_gigabits(Bandwidth rate) {
    const double gigabits = rate.si * 8 / 1e9;
    if (std::abs(gigabits - std::round(gigabits)) > 1e-6 * gigabits || gigabits < 0.5)
        throw CannotExport(fmt::format("found NICs of {:.6g} Gbit/s; expected whole Gbit/s, in which htsim counts", gigabits));
    return std::llround(gigabits);
}

/// What a leaf's uplinks carry together; 0 where nothing joins the leaves.
Bandwidth uplink_capacity(const Fabric& fabric) {
    const PathTable& table = fabric.scale_out;
    for (int from = 0; from < table.switch_count(); ++from)
        for (int to = 0; to < table.switch_count(); ++to) {
            if (from == to || !table.connects(from, to)) continue;
            const std::vector<PathTable::Step>& steps = table.path(from, to).steps;
            const auto kind_of = [&](const PathTable::Step& step) {
                return fabric.links[step.group == no_group ? step.link : fabric.ecmp_groups[step.group].links.front()].kind;
            };
            if (steps.size() != 2 || kind_of(steps[0]) != LinkKind::leaf || kind_of(steps[1]) != LinkKind::leaf)
                throw CannotExport(
                    "found a network of other than two levels; expected leaves and spines, which htsim's file says");
            if (steps[0].group == no_group) return fabric.links[steps[0].link].capacity;
            const std::vector<LinkId>& equal = fabric.ecmp_groups[steps[0].group].links;
            return fabric.links[equal.front()].capacity * static_cast<double>(equal.size());
        }
    return {};
}

LeafSpine leaf_spine_of(const Cluster& cluster, const Fabric& fabric) {
    if (!cluster.network || std::holds_alternative<SwitchGraph>(cluster.network->kind))
        throw CannotExport(
            "found no leaves; expected a cluster with fabric kind single-switch, rail-optimized, rail-only or fat-tree");
    LeafSpine network;
    network.leaves = std::max(fabric.scale_out.switch_count(), 2);
    network.nic_out.assign(fabric.links.size(), no_nic);
    network.nic_in = network.nic_out;
    std::vector<int> used(static_cast<std::size_t>(network.leaves));
    Bandwidth port;
    for (std::size_t i = 0; i < fabric.nics.size(); ++i) {
        const Fabric::Nic& nic = fabric.nics[i];
        if (nic.out == no_link) throw CannotExport("found a NIC that is down; expected all of them up");
        const Bandwidth capacity = fabric.links[nic.out].capacity;
        if (port.si == 0) port = capacity;
        if (std::abs(capacity / port - 1) > 1e-9) throw CannotExport("found NICs of different speed; expected them all alike");
        network.nic_out[nic.out] = network.nic_in[nic.in] = i;
        network.host_of_nic.push_back(used[static_cast<std::size_t>(nic.switch_index)]++);
    }
    network.hosts_per_leaf = *std::max_element(used.begin(), used.end());
    for (std::size_t i = 0; i < fabric.nics.size(); ++i)
        network.host_of_nic[i] += fabric.nics[i].switch_index * network.hosts_per_leaf;
    network.gigabits = whole_gigabits(port / cluster.efficiency.scale_out);
    const Bandwidth up = uplink_capacity(fabric);
    const double uplinks = up.si > 0 ? up / port : 1;  // nobody uses it, and htsim wants one
    network.uplinks = static_cast<int>(std::lround(uplinks));
    // More uplinks than hosts below, because the leaf has free ports, carry no more than as many.
    network.uplinks = std::min(network.uplinks, network.hosts_per_leaf);
    if ((uplinks < network.hosts_per_leaf && std::abs(uplinks - network.uplinks) > 1e-6) || network.uplinks == 0 ||
        network.hosts_per_leaf % network.uplinks != 0)
        throw CannotExport(fmt::format("found {} NICs below a leaf and uplinks for {:.6g}; expected a divisor of them",
                                       network.hosts_per_leaf, uplinks));
    return network;
}

/// Transfers between nodes, each with the moment at which it starts.
class ConnectionMatrix {
public:
    ConnectionMatrix(const LeafSpine& network, const Fabric& fabric, const Schedule& schedule)
        : network_(network), fabric_(fabric) {
        std::vector<std::optional<Seconds>> ends;  // nothing: only a simulation knows
        for (StepId id = 0; id < schedule.steps().size(); ++id) {
            const Step& step = schedule.steps()[id];
            std::optional<Seconds> start = Seconds{};
            for (const StepId waited : schedule.waits_of(id))
                start = start && ends[waited] ? std::optional(std::max(*start, *ends[waited])) : std::nullopt;
            if (step.kind == StepKind::transfer) add(step, start);
            ends.push_back(start && step.kind == StepKind::pause ? std::optional(*start + step.delay) : std::nullopt);
        }
        if (connections_.empty()) throw CannotExport("found no transfer between nodes; expected at least one");
    }

    std::string whole() const {
        std::string text = fmt::format(
            "# starts in ps, sizes in B; a host is a NIC\n# not here: {} transfers inside nodes\nNodes {}\nConnections {}\n",
            inside_, network_.leaves * network_.hosts_per_leaf, connections_.size());
        std::size_t id = 0;
        for (const Connection& one : connections_)
            fmt::format_to(std::back_inserter(text), "{}->{} id {} start {} size {}\n", one.source, one.destination, ++id,
                           std::llround(one.start.si * 1e12), one.bytes);
        return text;
    }

private:
    struct Connection {
        int source = 0, destination = 0;
        Seconds start;
        std::uint64_t bytes = 0;
    };

    void add(const Step& step, std::optional<Seconds> start) {
        std::vector<LinkId> links;
        append_links(fabric_, step, links);
        int source = -1, destination = -1;
        for (const LinkId link : links) {
            if (link >= network_.nic_out.size()) continue;  // the schedule's own
            if (network_.nic_out[link] != no_nic && source < 0) source = network_.host_of_nic[network_.nic_out[link]];
            if (network_.nic_in[link] != no_nic) destination = network_.host_of_nic[network_.nic_in[link]];
        }
        if (source < 0 || destination < 0) {
            ++inside_;
            return;
        }
        if (!start)
            throw CannotExport(
                "found transfers that wait for others; expected an algorithm that starts them all by the clock, such as direct "
                "or "
                "mpi-linear");
        constexpr double most = 2147483647;
        if (step.volume.si > most)
            throw CannotExport(
                fmt::format("found a transfer of {:.0f} B; expected at most {:.0f}, which htsim reads", step.volume.si, most));
        connections_.push_back(
            {source, destination, *start + step.delay, static_cast<std::uint64_t>(std::max(step.volume.si, 1.0))});
    }

    const LeafSpine& network_;
    const Fabric& fabric_;
    std::vector<Connection> connections_;
    std::size_t inside_ = 0;
};

}  // namespace

std::string as_htsim_connections(const Cluster& cluster, const Fabric& fabric, const Schedule& schedule) {
    const LeafSpine network = leaf_spine_of(cluster, fabric);
    return ConnectionMatrix(network, fabric, schedule).whole();
}

std::string as_htsim_topology(const Cluster& cluster, const Fabric& fabric) {
    const LeafSpine network = leaf_spine_of(cluster, fabric);
    const auto nanoseconds = [](Seconds time) { return std::llround(in_microseconds(time) * 1e3); };
    const int hosts = network.leaves * network.hosts_per_leaf;
    const Seconds port = fabric.nics.empty() ? Seconds{} : fabric.links[fabric.nics.front().out].latency;
    const auto hop = nanoseconds(cluster.network->hop_latency);
    return fmt::format(
        "# latencies of cables are at least 1 ns, as htsim wants them\n"
        "Nodes {0}\nTiers 2\nPodsize {0}\n\n"
        "Tier 0\nDownlink_speed_Gbps {1}\nRadix_Down {2}\nRadix_Up {3}\nOversubscribed {4}\n"
        "Downlink_Latency_ns {5}\nSwitch_Latency_ns {6}\n\n"
        "Tier 1\nDownlink_speed_Gbps {1}\nRadix_Down {7}\nDownlink_Latency_ns 1\nSwitch_Latency_ns {6}\n",
        hosts, network.gigabits, network.hosts_per_leaf, network.uplinks, network.hosts_per_leaf / network.uplinks,
        std::max<long long>(nanoseconds(port), 1), hop, network.leaves);
}

}  // namespace tokenyard
