// SPDX-License-Identifier: Apache-2.0
#include "analysis/bottlenecks.hpp"

#include "analysis/lower_bound.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace tokenyard {
namespace {

constexpr double last_enough = 1e-6;

double utilisation(Bytes carried, Bandwidth capacity, Seconds makespan) {
    return makespan.si > 0 ? carried / (capacity * makespan) : 0;
}

/// How much each step counts: those that end last count 1 together, and each hands its weight on to the step that it waited
/// for to the end. So the times of the steps, weighted, add up to the last end.
std::vector<double> weights_on_chains(const Schedule& schedule, const Timeline& timeline) {
    std::vector<double> weights(schedule.steps().size());
    const Seconds last_end = timeline.makespan - timeline.made_up;
    if (last_end.si == 0) return weights;
    std::vector<bool> is_waited_for(weights.size());
    for (StepId step = 0; step < weights.size(); ++step)
        for (const StepId earlier : schedule.waits_of(step)) is_waited_for[earlier] = true;
    double last = 0;
    const auto ends_last = [&](StepId step) {
        return !is_waited_for[step] && timeline.end[step].si >= last_end.si * (1 - last_enough);
    };
    for (StepId step = 0; step < weights.size(); ++step) last += ends_last(step);
    for (StepId step = static_cast<StepId>(weights.size()); step-- > 0;) {
        if (ends_last(step)) weights[step] = 1 / last;
        const std::span<const StepId> waits = schedule.waits_of(step);
        if (weights[step] == 0 || waits.empty()) continue;
        Seconds latest;
        for (const StepId earlier : waits) latest = std::max(latest, timeline.end[earlier]);
        const auto held_it = [&](StepId earlier) { return timeline.end[earlier].si >= latest.si * (1 - last_enough); };
        const double holders = static_cast<double>(std::count_if(waits.begin(), waits.end(), held_it));
        for (const StepId earlier : waits)
            if (held_it(earlier)) weights[earlier] += weights[step] / holders;
    }
    return weights;
}

}  // namespace

std::string kind_and_direction(const std::string& name, const std::string& kind) {
    const std::string last = name.substr(name.rfind('/') + 1);
    const bool is_direction = last == "in" || last == "out" || last == "up" || last == "down";
    return is_direction ? kind + " " + last : kind;
}

std::vector<Bottleneck> find_bottlenecks(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline) {
    const std::vector<double> weights = weights_on_chains(schedule, timeline);
    std::vector<double> held(timeline.activity.size());
    std::map<std::string_view, double> delayed{{made_up_is, timeline.made_up.si}};
    std::vector<LinkId> links;
    for (StepId id = 0; id < weights.size(); ++id) {
        if (weights[id] == 0) continue;
        const Step& step = schedule.steps()[id];
        delayed[name_of(step.delay_is)] += weights[id] * step.delay.si;
        links.clear();
        delayed["latency"] += weights[id] * append_links(fabric, step, links).si;
        delayed["copy rate"] += weights[id] * timeline.capped_time(id).si;
        for (const Hold& hold : timeline.holds_of(id)) held[hold.link] += weights[id] * hold.time.si;
    }
    std::vector<Bottleneck> bottlenecks;
    for (LinkId id = 0; id < held.size(); ++id) {
        const Link& link = link_of(fabric, schedule, id);
        if (held[id] > 0)
            bottlenecks.push_back({link.name, std::string(name_of(link.kind)), held[id] / timeline.makespan.si,
                                   utilisation(timeline.activity[id].carried, link.capacity, timeline.makespan)});
    }
    for (const auto& [what, time] : delayed)
        if (time > 0) bottlenecks.push_back({std::string(what), std::string(what), time / timeline.makespan.si, 0});
    std::stable_sort(bottlenecks.begin(), bottlenecks.end(),
                     [](const Bottleneck& a, const Bottleneck& b) { return a.share > b.share; });
    return bottlenecks;
}

std::vector<BottleneckKind> by_kind(const std::vector<Bottleneck>& bottlenecks) {
    std::vector<BottleneckKind> kinds;
    for (const Bottleneck& bottleneck : bottlenecks) {  // largest first, so the first of a kind is its top
        const std::string name = kind_and_direction(bottleneck.resource, bottleneck.kind);
        auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const BottleneckKind& known) { return known.kind == name; });
        if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {name, 0, 0, bottleneck.resource});
        kind->share += bottleneck.share;
        ++kind->resources;
    }
    std::stable_sort(kinds.begin(), kinds.end(),
                     [](const BottleneckKind& a, const BottleneckKind& b) { return a.share > b.share; });
    return kinds;
}

std::vector<LinkUse> link_ledger(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline) {
    std::vector<LinkUse> ledger;
    for (LinkId id = 0; id < timeline.activity.size(); ++id) {
        const Link& link = link_of(fabric, schedule, id);
        const LinkActivity& activity = timeline.activity[id];
        ledger.push_back({link.name, std::string(name_of(link.kind)), link.capacity, activity.carried,
                          utilisation(activity.carried, link.capacity, timeline.makespan), activity.saturated,
                          activity.first_saturated, activity.last_saturated});
    }
    return ledger;
}

}  // namespace tokenyard
