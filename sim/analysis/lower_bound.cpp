// SPDX-License-Identifier: Apache-2.0
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

/// All the cuts that steps of a schedule cross, and the longest chain of steps.
class Cuts {
public:
    Cuts(const Fabric& fabric, const Schedule& schedule)
        : fabric_(fabric),
          schedule_(schedule),
          of_link_(link_count(fabric, schedule)),
          times_on_link_(of_link_.size()),
          out_of_gpu_(fabric.gpus.size()),
          into_gpu_(fabric.gpus.size()),
          out_of_node_(static_cast<std::size_t>(fabric.node_count())),
          into_node_(out_of_node_.size()),
          earliest_end_(schedule.steps().size()) {
        for (LinkId link = 0; link < of_link_.size(); ++link)
            of_link_[link].capacity = link_of(fabric, schedule, link).capacity.si;
        std::vector<LinkId> links;
        for (StepId id = 0; id < schedule.steps().size(); ++id) {
            const Step& step = schedule.steps()[id];
            links.clear();
            const Seconds latency = append_links(fabric, step, links);
            Seconds start;
            for (const StepId before : schedule.waits_of(id)) start = std::max(start, earliest_end_[before]);
            start += step.delay + latency;
            earliest_end_[id] = start + Seconds{step.volume.si * slowest(step, links)};
            for (const LinkId link : links) of_link_[link].cross(step.volume.si, start);
            if (step.kind == StepKind::transfer) cross_ports(step, links, start);
        }
    }

    std::vector<Bound> worst() const {
        WorstOfEachKind worst;
        for (LinkId id = 0; id < of_link_.size(); ++id) {
            const Link& link = link_of(fabric_, schedule_, id);
            worst.offer(link.name, kind_of_bound(link.kind), of_link_[id].time());
        }
        for (std::size_t rank = 0; rank < out_of_gpu_.size(); ++rank) {
            worst.offer(fabric_.gpu_name(static_cast<int>(rank)) + "/out", "gpu", out_of_gpu_[rank].time());
            worst.offer(fabric_.gpu_name(static_cast<int>(rank)) + "/in", "gpu", into_gpu_[rank].time());
        }
        for (std::size_t node = 0; node < out_of_node_.size(); ++node) {
            worst.offer(fmt::format("node{}/out", node), "node", out_of_node_[node].time());
            worst.offer(fmt::format("node{}/in", node), "node", into_node_[node].time());
        }
        if (const auto last = std::max_element(earliest_end_.begin(), earliest_end_.end()); last != earliest_end_.end()) {
            const Step& step = schedule_.steps()[static_cast<std::size_t>(last - earliest_end_.begin())];
            worst.offer(fmt::format("{} to {}", fabric_.gpu_name(step.source), fabric_.gpu_name(step.destination)), "chain",
                        *last);
        }
        return worst.sorted();
    }

private:
    /// Seconds a byte with every link to itself.
    double slowest(const Step& step, const std::vector<LinkId>& links) {
        double slowest = step.cap.si > 0 ? 1 / step.cap.si : 0;
        for (const LinkId link : links) times_on_link_[link] += 1;
        for (const LinkId link : links) slowest = std::max(slowest, times_on_link_[link] / of_link_[link].capacity);
        for (const LinkId link : links) times_on_link_[link] = 0;
        return slowest;
    }

    /// Counts what leaves and enters GPUs and, by NIC, nodes.
    void cross_ports(const Step& step, std::vector<LinkId>& way, Seconds start) {
        std::erase_if(way, [&](LinkId link) {  // memories and the schedule's own resources are not between GPUs
            return link >= fabric_.links.size() || fabric_.links[link].kind == LinkKind::memory;
        });
        const auto source = static_cast<std::size_t>(step.source), destination = static_cast<std::size_t>(step.destination);
        const double volume = step.volume.si;
        out_of_gpu_[source].cross(way.front(), fabric_, volume, start);
        into_gpu_[destination].cross(way.back(), fabric_, volume, start);
        const auto is_nic = [&](LinkId link) { return fabric_.links[link].kind == LinkKind::nic; };
        const auto leaves = std::find_if(way.begin(), way.end(), is_nic);
        const auto arrives = std::find_if(way.rbegin(), way.rend(), is_nic);
        if (leaves == way.end()) return;
        out_of_node_[static_cast<std::size_t>(fabric_.gpus[source].node)].cross(*leaves, fabric_, volume, start);
        into_node_[static_cast<std::size_t>(fabric_.gpus[destination].node)].cross(*arrives, fabric_, volume, start);
    }

    const Fabric& fabric_;
    const Schedule& schedule_;
    std::vector<Cut> of_link_;
    std::vector<double> times_on_link_;
    std::vector<LinkBundle> out_of_gpu_, into_gpu_, out_of_node_, into_node_;
    std::vector<Seconds> earliest_end_;  // of each step, with every link to itself
};

}  // namespace

std::vector<Bound> lower_bounds(const Fabric& fabric, const Schedule& schedule) { return Cuts(fabric, schedule).worst(); }

Timeline held_to(const std::vector<Bound>& bounds, Timeline timeline) {
    const Seconds bound = bounds.empty() ? Seconds{} : bounds.front().time;
    if (timeline.accuracy == 0 || bound.si < timeline.makespan.si * (1 + rounding_of_bounds)) return timeline;
    timeline.made_up = bound - timeline.makespan;
    timeline.makespan = bound;
    return timeline;
}

}  // namespace tokenyard
