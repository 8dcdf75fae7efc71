// SPDX-License-Identifier: Apache-2.0
#include "engine/fluid/problem.hpp"

#include <algorithm>
#include <unordered_map>

namespace tokenyard {
namespace {

/// The links of one step, each once, in the order of the way.
void append_crossings(std::span<const LinkId> links, LargeTable<Crossing>& crossings) {
    const auto first = static_cast<std::ptrdiff_t>(crossings.size());
    for (const LinkId link : links) {
        const auto known = std::find_if(crossings.begin() + first, crossings.end(),
                                        [link](const Crossing& crossing) { return crossing.link == link; });
        if (known != crossings.end()) known->times += 1;
        else crossings.push_back({link, 1});
    }
}

/// Finds the links that can never be full, because of what feeds them.
class Redundancy {
public:
    explicit Redundancy(const Problem& problem)
        : problem_(problem),
          can_be_full_(problem.capacity.size()),
          fed_(problem.capacity.size()),
          last_(problem.capacity.size()) {
        for (StepId step = 0; step < problem.step_count(); ++step) exclude_slowest(problem.crossings_of(step));
        for (StepId step = 0; step < problem.step_count(); ++step) feed_others(problem.crossings_of(step));
        constexpr double rounding = 1 + 1e-9;
        for (LinkId link = 0; link < fed_.size(); ++link)
            if (fed_[link] > problem.capacity[link] * rounding) can_be_full_[link] = true;
    }
    bool can_be_full(LinkId link) const { return can_be_full_[link]; }

private:
    /// Bytes per second of the step at which this link alone would be full.
    double rate_through(const Crossing& crossing) const {
        return problem_.capacity[crossing.link] / static_cast<double>(crossing.times);
    }
    const Crossing& slowest(std::span<const Crossing> crossings) const {
        return *std::min_element(crossings.begin(), crossings.end(),
                                 [&](const Crossing& a, const Crossing& b) { return rate_through(a) < rate_through(b); });
    }
    void exclude_slowest(std::span<const Crossing> crossings) {
        if (crossings.empty()) return;
        const double least = rate_through(slowest(crossings));
        for (const Crossing& crossing : crossings)
            if (rate_through(crossing) <= least) can_be_full_[crossing.link] = true;
    }
    /// Counts the step's slowest link among what feeds each of its others, once for all steps that have both.
    void feed_others(std::span<const Crossing> crossings) {
        for (const Crossing& crossing : crossings) {
            if (can_be_full_[crossing.link]) continue;
            const Crossing& feeder = slowest(crossings);
            const double times = static_cast<double>(crossing.times / feeder.times);
            Feeder& last = last_[crossing.link];
            if (last.link == feeder.link && last.times >= times) continue;
            last = {feeder.link, times};
            double& counted = times_[std::uint64_t{crossing.link} << 32 | feeder.link];
            if (counted >= times) continue;
            fed_[crossing.link] += problem_.capacity[feeder.link] * (times - counted);
            counted = times;
        }
    }

    struct Feeder {
        LinkId link = no_link;
        double times = 0;  // bytes on the fed link for each byte on this one
    };

    const Problem& problem_;
    std::vector<bool> can_be_full_;
    std::vector<double> fed_;  // of each link: the capacities of what feeds it, as often as their bytes cross it
    std::unordered_map<std::uint64_t, double> times_;  // of each pair of a link and its feeder
    std::vector<Feeder> last_;                         // of each link: consecutive steps often have the same
};

void keep_what_can_be_full(Problem& problem) {
    const Redundancy redundancy(problem);
    std::uint32_t kept = 0;
    for (StepId step = 0; step < problem.step_count(); ++step) {
        const std::uint32_t first = problem.first_crossing[step], last = problem.first_crossing[step + 1];
        problem.first_crossing[step] = kept;
        for (std::uint32_t i = first; i < last; ++i)
            if (redundancy.can_be_full(problem.crossings[i].link)) problem.crossings[kept++] = problem.crossings[i];
    }
    problem.first_crossing.back() = kept;
    problem.crossings.resize(kept);
    problem.crossings.shrink_to_fit();
}

}  // namespace

Problem make_problem(const Fabric& fabric, const Schedule& schedule) {
    Problem problem;
    for (LinkId link = 0; link < link_count(fabric, schedule); ++link)
        problem.capacity.push_back(link_of(fabric, schedule, link).capacity.si);
    const std::vector<Step>& steps = schedule.steps();
    problem.volume.reserve(steps.size());
    problem.delay.reserve(steps.size());
    problem.first_crossing.reserve(steps.size() + 1);
    const bool has_caps = std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.cap.si > 0; });
    std::vector<LinkId> links;
    for (const Step& step : steps) {
        links.clear();
        const Seconds latency = append_links(fabric, step, links);
        append_crossings(links, problem.crossings);
        problem.first_crossing.push_back(static_cast<std::uint32_t>(problem.crossings.size()));
        problem.volume.push_back(step.volume.si);
        problem.delay.push_back((step.delay + latency).si);
        if (has_caps) problem.cap.push_back(step.cap.si > 0 ? step.cap.si : Problem::no_cap);
    }
    keep_what_can_be_full(problem);
    problem.waiting = Waiting(schedule);
    return problem;
}

}  // namespace tokenyard
