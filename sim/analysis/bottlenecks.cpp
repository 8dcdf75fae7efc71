#include "analysis/bottlenecks.hpp"

#include <algorithm>

namespace tokenyard {
namespace {

constexpr double last_enough = 1e-6;

double utilisation(Bytes carried, Bandwidth capacity, Seconds makespan) {
    return makespan.si > 0 ? carried / (capacity * makespan) : 0;
}

/// "nic in" for node1/nic3/in; a link without a direction in its name is just its kind.
std::string kind_and_direction(const Bottleneck& bottleneck) {
    const std::string last = bottleneck.resource.substr(bottleneck.resource.rfind('/') + 1);
    const bool is_direction = last == "in" || last == "out" || last == "up" || last == "down";
    return is_direction ? bottleneck.kind + " " + last : bottleneck.kind;
}

}  // namespace

std::vector<Bottleneck> find_bottlenecks(const Fabric& fabric, const Timeline& timeline) {
    if (timeline.end.empty()) return {};
    std::vector<double> held(fabric.links.size());
    double latency = 0, last_count = 0;
    for (std::size_t transfer = 0; transfer < timeline.end.size(); ++transfer) {
        if (timeline.end[transfer].si < timeline.makespan.si * (1 - last_enough)) continue;
        last_count += 1;
        latency += timeline.start[transfer].si;
        for (std::uint32_t i = timeline.routes.first[transfer]; i < timeline.routes.first[transfer + 1]; ++i)
            held[timeline.routes.links[i]] += timeline.held[i].si;
    }
    const double whole = last_count * timeline.makespan.si;
    std::vector<Bottleneck> bottlenecks;
    for (std::size_t link = 0; link < held.size(); ++link)
        if (held[link] > 0)
            bottlenecks.push_back({fabric.links[link].name, std::string(name_of(fabric.links[link].kind)), held[link] / whole,
                                   utilisation(timeline.activity[link].carried, fabric.links[link].capacity, timeline.makespan)});
    if (latency > 0) bottlenecks.push_back({"latency", "latency", latency / whole, 0});
    std::stable_sort(bottlenecks.begin(), bottlenecks.end(),
                     [](const Bottleneck& a, const Bottleneck& b) { return a.share > b.share; });
    return bottlenecks;
}

std::vector<BottleneckKind> by_kind(const std::vector<Bottleneck>& bottlenecks) {
    std::vector<BottleneckKind> kinds;
    for (const Bottleneck& bottleneck : bottlenecks) {  // largest first, so the first of a kind is its top
        const std::string name = kind_and_direction(bottleneck);
        auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const BottleneckKind& known) { return known.kind == name; });
        if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {name, 0, 0, bottleneck.resource});
        kind->share += bottleneck.share;
        ++kind->resources;
    }
    std::stable_sort(kinds.begin(), kinds.end(),
                     [](const BottleneckKind& a, const BottleneckKind& b) { return a.share > b.share; });
    return kinds;
}

std::vector<LinkUse> link_ledger(const Fabric& fabric, const Timeline& timeline) {
    std::vector<LinkUse> ledger;
    for (std::size_t i = 0; i < fabric.links.size(); ++i) {
        const Link& link = fabric.links[i];
        const LinkActivity& activity = timeline.activity[i];
        ledger.push_back({link.name, std::string(name_of(link.kind)), link.capacity, activity.carried,
                          utilisation(activity.carried, link.capacity, timeline.makespan), activity.saturated,
                          activity.first_saturated, activity.last_saturated});
    }
    return ledger;
}

}  // namespace tokenyard
