#include "analysis/lower_bound.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

namespace tokenyard {
namespace {

/// Links that all of some transfers must cross one of.
struct Cut {
    double volume = 0;                                         // bytes that cross it
    double latency = std::numeric_limits<double>::infinity();  // seconds, of the fastest of them
    double capacity = 0;                                       // bytes per second

    void cross(double bytes_crossing, Seconds transfer_latency) {
        volume += bytes_crossing;
        latency = std::min(latency, transfer_latency.si);
    }
    Seconds time() const { return volume > 0 ? Seconds{volume / capacity + latency} : Seconds{}; }
};

/// Several links as one cut; each link counts once however many transfers use it.
class LinkBundle {
public:
    void cross(LinkId link, const Fabric& fabric, double volume, Seconds latency) {
        if (std::find(links_.begin(), links_.end(), link) == links_.end()) {
            links_.push_back(link);
            cut_.capacity += fabric.links[link].capacity.si;
        }
        cut_.cross(volume, latency);
    }
    Seconds time() const { return cut_.time(); }

private:
    std::vector<LinkId> links_;
    Cut cut_;
};

std::string kind_of_bound(LinkKind kind) {
    switch (kind) {
        case LinkKind::nvlink: return "gpu";
        case LinkKind::pcie: return "pcie";
        case LinkKind::nic: return "nic";
        case LinkKind::leaf:
        case LinkKind::pod:
        case LinkKind::trunk: return "switch";
        case LinkKind::memory: return "memory";
    }
    return "link";
}

class WorstOfEachKind {
public:
    void offer(const std::string& resource, const std::string& kind, Seconds time) {
        Bound& worst = worst_[kind];
        if (time > worst.time) worst = {resource, kind, time};
    }
    std::vector<Bound> sorted() const {
        std::vector<Bound> bounds;
        for (const auto& [kind, bound] : worst_)
            if (!bound.kind.empty()) bounds.push_back(bound);
        std::stable_sort(bounds.begin(), bounds.end(), [](const Bound& a, const Bound& b) { return a.time > b.time; });
        return bounds;
    }

private:
    std::map<std::string, Bound> worst_;
};

}  // namespace

std::vector<Bound> lower_bounds(const Fabric& fabric, const Schedule& schedule, const TransferRoutes& routes) {
    std::vector<Cut> of_link(fabric.links.size());
    for (std::size_t link = 0; link < of_link.size(); ++link) of_link[link].capacity = fabric.links[link].capacity.si;
    std::vector<LinkBundle> out_of_gpu(fabric.gpus.size()), into_gpu(fabric.gpus.size());
    std::vector<LinkBundle> out_of_node(static_cast<std::size_t>(fabric.node_count())),
        into_node(static_cast<std::size_t>(fabric.node_count()));
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const Transfer& transfer = schedule.transfers[i];
        const double volume = transfer.volume.si;
        const Seconds latency = routes.latency[i];
        const auto source = static_cast<std::size_t>(transfer.source),
                   destination = static_cast<std::size_t>(transfer.destination);
        const std::span<const LinkId> route = routes.of(i);
        for (const LinkId link : route) of_link[link].cross(volume, latency);
        out_of_gpu[source].cross(route.front(), fabric, volume, latency);
        into_gpu[destination].cross(route.back(), fabric, volume, latency);
        if (fabric.tier(transfer.source, transfer.destination) != Tier::scale_out) continue;
        const auto is_nic = [&](LinkId link) { return fabric.links[link].kind == LinkKind::nic; };
        const auto leaves = std::find_if(route.begin(), route.end(), is_nic);
        const auto arrives = std::find_if(route.rbegin(), route.rend(), is_nic);
        out_of_node[static_cast<std::size_t>(fabric.gpus[source].node)].cross(*leaves, fabric, volume, latency);
        into_node[static_cast<std::size_t>(fabric.gpus[destination].node)].cross(*arrives, fabric, volume, latency);
    }
    WorstOfEachKind worst;
    for (std::size_t link = 0; link < of_link.size(); ++link)
        worst.offer(fabric.links[link].name, kind_of_bound(fabric.links[link].kind), of_link[link].time());
    for (std::size_t rank = 0; rank < out_of_gpu.size(); ++rank) {
        worst.offer(fabric.gpu_name(static_cast<int>(rank)) + "/out", "gpu", out_of_gpu[rank].time());
        worst.offer(fabric.gpu_name(static_cast<int>(rank)) + "/in", "gpu", into_gpu[rank].time());
    }
    for (std::size_t node = 0; node < out_of_node.size(); ++node) {
        worst.offer(fmt::format("node{}/out", node), "node", out_of_node[node].time());
        worst.offer(fmt::format("node{}/in", node), "node", into_node[node].time());
    }
    return worst.sorted();
}

}  // namespace tokenyard
