#include "analysis/lower_bound.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

namespace tokenyard {
namespace {

/// Links that all of some steps must cross one of.
struct Cut {
    double volume = 0;                                       // bytes that cross it
    double start = std::numeric_limits<double>::infinity();  // seconds, when the first of them can begin to flow
    double capacity = 0;                                     // bytes per second

    void cross(double bytes_crossing, Seconds step_start) {
        volume += bytes_crossing;
        start = std::min(start, step_start.si);
    }
    Seconds time() const { return volume > 0 ? Seconds{volume / capacity + start} : Seconds{}; }
};

/// Several links as one cut; each link counts once however many transfers use it.
class LinkBundle {
public:
    void cross(LinkId link, const Fabric& fabric, double volume, Seconds start) {
        if (std::find(links_.begin(), links_.end(), link) == links_.end()) {
            links_.push_back(link);
            cut_.capacity += fabric.links[link].capacity.si;
        }
        cut_.cross(volume, start);
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
        case LinkKind::sm: return "sm";
        case LinkKind::proxy: return "proxy";
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

/// When each step can begin to flow and end at the earliest, with every link to itself.
struct Earliest {
    std::vector<Seconds> start, end;
};

Earliest earliest_times(const Fabric& fabric, const Schedule& schedule, const Routes& routes) {
    Earliest earliest;
    std::vector<double> times_on_link(link_count(fabric, schedule));
    for (StepId id = 0; id < routes.size(); ++id) {
        const Step& step = schedule.steps()[id];
        Seconds start;
        for (const StepId before : schedule.waits_of(id)) start = std::max(start, earliest.end[before]);
        start += step.delay + routes.latency[id];
        double slowest = 0;  // seconds a byte
        for (const LinkId link : routes.of(id)) times_on_link[link] += 1;
        for (const LinkId link : routes.of(id))
            slowest = std::max(slowest, times_on_link[link] / link_of(fabric, schedule, link).capacity.si);
        for (const LinkId link : routes.of(id)) times_on_link[link] = 0;
        if (step.cap.si > 0) slowest = std::max(slowest, 1 / step.cap.si);
        earliest.start.push_back(start);
        earliest.end.push_back(start + Seconds{step.volume.si * slowest});
    }
    return earliest;
}

}  // namespace

std::vector<Bound> lower_bounds(const Fabric& fabric, const Schedule& schedule, const Routes& routes) {
    const Earliest earliest = earliest_times(fabric, schedule, routes);
    std::vector<Cut> of_link(link_count(fabric, schedule));
    for (LinkId link = 0; link < of_link.size(); ++link) of_link[link].capacity = link_of(fabric, schedule, link).capacity.si;
    std::vector<LinkBundle> out_of_gpu(fabric.gpus.size()), into_gpu(fabric.gpus.size());
    std::vector<LinkBundle> out_of_node(static_cast<std::size_t>(fabric.node_count())),
        into_node(static_cast<std::size_t>(fabric.node_count()));
    for (StepId id = 0; id < routes.size(); ++id) {
        const Step& step = schedule.steps()[id];
        const double volume = step.volume.si;
        const Seconds start = earliest.start[id];
        for (const LinkId link : routes.of(id)) of_link[link].cross(volume, start);
        if (step.kind != StepKind::transfer) continue;
        const auto source = static_cast<std::size_t>(step.source), destination = static_cast<std::size_t>(step.destination);
        std::vector<LinkId> way;  // between GPUs, without memories and the schedule's own resources
        for (const LinkId link : routes.of(id))
            if (link < fabric.links.size() && fabric.links[link].kind != LinkKind::memory) way.push_back(link);
        out_of_gpu[source].cross(way.front(), fabric, volume, start);
        into_gpu[destination].cross(way.back(), fabric, volume, start);
        const auto is_nic = [&](LinkId link) { return fabric.links[link].kind == LinkKind::nic; };
        const auto leaves = std::find_if(way.begin(), way.end(), is_nic);
        const auto arrives = std::find_if(way.rbegin(), way.rend(), is_nic);
        if (leaves == way.end()) continue;
        out_of_node[static_cast<std::size_t>(fabric.gpus[source].node)].cross(*leaves, fabric, volume, start);
        into_node[static_cast<std::size_t>(fabric.gpus[destination].node)].cross(*arrives, fabric, volume, start);
    }
    WorstOfEachKind worst;
    for (LinkId id = 0; id < of_link.size(); ++id) {
        const Link& link = link_of(fabric, schedule, id);
        worst.offer(link.name, kind_of_bound(link.kind), of_link[id].time());
    }
    for (std::size_t rank = 0; rank < out_of_gpu.size(); ++rank) {
        worst.offer(fabric.gpu_name(static_cast<int>(rank)) + "/out", "gpu", out_of_gpu[rank].time());
        worst.offer(fabric.gpu_name(static_cast<int>(rank)) + "/in", "gpu", into_gpu[rank].time());
    }
    for (std::size_t node = 0; node < out_of_node.size(); ++node) {
        worst.offer(fmt::format("node{}/out", node), "node", out_of_node[node].time());
        worst.offer(fmt::format("node{}/in", node), "node", into_node[node].time());
    }
    for (StepId id = 0; id < routes.size(); ++id)
        worst.offer(fmt::format("{} to {}", fabric.gpu_name(schedule.steps()[id].source),
                                fabric.gpu_name(schedule.steps()[id].destination)),
                    "chain", earliest.end[id]);
    return worst.sorted();
}

}  // namespace tokenyard
