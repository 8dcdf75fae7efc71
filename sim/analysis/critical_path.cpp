// SPDX-License-Identifier: Apache-2.0
#include "analysis/explain.hpp"

#include "analysis/lower_bound.hpp"

#include <algorithm>

namespace tokenyard {
namespace {

std::string kind_of(StepKind kind) {
    switch (kind) {
        case StepKind::transfer: return "transfer";
        case StepKind::local: return "copy";
        case StepKind::pause: return "pause";
    }
    return "step";
}

/// The step that another one waited for longest, or itself when it waits for none.
StepId waited_for_by(StepId step, const Schedule& schedule, const Timeline& timeline) {
    StepId longest = step;
    for (const StepId earlier : schedule.waits_of(step))
        if (longest == step || timeline.end[earlier] > timeline.end[longest]) longest = earlier;
    return longest;
}

void sort(std::vector<NamedTime>& holders) {
    std::stable_sort(holders.begin(), holders.end(), [](const NamedTime& a, const NamedTime& b) { return a.time > b.time; });
}

std::vector<NamedTime> holders_of(StepId id, const Fabric& fabric, const Schedule& schedule, const Timeline& timeline) {
    const Step& step = schedule.steps()[id];
    std::vector<LinkId> links;
    std::vector<NamedTime> holders{{std::string(name_of(step.delay_is)), step.delay},
                                   {"latency", append_links(fabric, step, links)},
                                   {"copy rate", timeline.capped_time(id)}};
    for (const Hold& hold : timeline.holds_of(id)) holders.push_back({link_of(fabric, schedule, hold.link).name, hold.time});
    std::erase_if(holders, [](const NamedTime& holder) { return holder.time.si <= 0; });
    sort(holders);
    return holders;
}

}  // namespace

std::vector<ChainStep> critical_path(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline) {
    std::vector<ChainStep> chain;
    if (timeline.end.empty()) return chain;
    const auto last = std::max_element(timeline.end.begin(), timeline.end.end());
    auto step = static_cast<StepId>(last - timeline.end.begin());
    while (true) {
        const StepId earlier = waited_for_by(step, schedule, timeline);
        const Seconds begin = earlier == step ? Seconds{} : timeline.end[earlier];
        const Step& planned = schedule.steps()[step];
        if (timeline.end[step] > begin)
            chain.push_back({kind_of(planned.kind), planned.source, planned.destination, planned.volume, begin,
                             timeline.end[step], holders_of(step, fabric, schedule, timeline)});
        if (earlier == step) break;
        step = earlier;
    }
    std::reverse(chain.begin(), chain.end());
    if (timeline.made_up.si > 0 && !chain.empty()) {
        chain.back().end = timeline.makespan;
        chain.back().held_by.push_back({made_up_is, timeline.made_up});
        sort(chain.back().held_by);
    }
    return chain;
}

}  // namespace tokenyard
