// SPDX-License-Identifier: Apache-2.0
#include "pipeline/completion.hpp"

#include "analysis/lower_bound.hpp"

#include <utility>

namespace tokenyard {

std::vector<Seconds> completions_of(const Fabric& fabric, const std::vector<Schedule>& schedules, EngineKind kind,
                                    Accuracy accuracy) {
    std::vector<Timeline> timelines = simulate(fabric, schedules, kind, {}, accuracy);
    std::vector<Seconds> completions;
    for (std::size_t i = 0; i < schedules.size(); ++i) {
        Timeline& timeline = timelines[i];
        const bool is_exact = timeline.accuracy == 0;  // bounds take their time, and nothing would come of them
        completions.push_back(is_exact ? timeline.makespan
                                       : held_to(lower_bounds(fabric, schedules[i]), std::move(timeline)).makespan);
    }
    return completions;
}

}  // namespace tokenyard
