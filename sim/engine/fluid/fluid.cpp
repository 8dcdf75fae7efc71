// SPDX-License-Identifier: Apache-2.0
#include "engine/fluid/fluid.hpp"

#include "engine/fluid/event_loop.hpp"
#include "engine/fluid/problem.hpp"
#include "engine/fluid/recorder.hpp"
#include "engine/fluid/symmetry.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tokenyard {
namespace {

/// Seconds that the fullest link needs for all that crosses it.
double fullest_link_time(const Problem& problem) {
    std::vector<double> volume(problem.capacity.size());
    for (StepId step = 0; step < problem.step_count(); ++step)
        for (const Crossing& crossing : problem.crossings_of(step))
            volume[crossing.link] += problem.volume[step] * static_cast<double>(crossing.times);
    double longest = 0;
    for (LinkId link = 0; link < volume.size(); ++link) longest = std::max(longest, volume[link] / problem.capacity[link]);
    return longest;
}

/// Of all steps that flow, the most links that one crosses.
std::size_t longest_way(const Problem& problem) {
    std::size_t longest = 1;
    for (StepId step = 0; step < problem.step_count(); ++step)
        if (problem.can_flow(step)) longest = std::max(longest, problem.crossings_of(step).size());
    return longest;
}

/// Bins that are filled by a run a quarter longer than the shortest possible one: most are not, and need no wider bins.
/// Nothing when no course is asked for.
std::optional<Recorder> make_recorder(const Fabric& fabric, const Schedule& schedule, const Problem& problem, std::size_t bins) {
    if (bins == 0) return {};
    const double shortest = fullest_link_time(problem);
    constexpr double any = 1e-9;  // seconds, where nothing limits anything
    return Recorder(fabric, schedule, bins, shortest > 0 ? 1.25 * shortest : any);
}

/// A problem, and the run of it, or of what it was folded to.
struct Run {
    const Problem& problem;
    EventLoop& loop;
    const Folding* folding = nullptr;

    StepId solved(StepId step) const { return folding ? folding->class_of_step[step] : step; }
    LinkId solved_link(LinkId link) const { return folding ? folding->class_of_link[link] : link; }
    double left(StepId step) const { return loop.sharing().left(solved(step)); }
    /// Of each step what is known of what was solved.
    std::vector<Seconds> spread(std::vector<Seconds> of_solved) const {
        if (!folding) return of_solved;
        std::vector<Seconds> of_each;
        for (const StepId one : folding->class_of_step) of_each.push_back(of_solved[one]);
        return of_each;
    }
};

/// What links carried in all, those too that are no part of the problem.
std::vector<LinkActivity> activity_of(const Fabric& fabric, const Schedule& schedule, const Run& run) {
    std::vector<LinkActivity> activity(link_count(fabric, schedule));
    for (LinkId link = 0; link < activity.size(); ++link) {
        const Sharing::LinkHistory& history = run.loop.sharing().history(run.solved_link(link));
        activity[link] = {{}, {history.full}, {history.first_full}, {history.last_full}};
    }
    std::vector<LinkId> links;
    for (StepId id = 0; id < schedule.steps().size(); ++id) {
        const Step& step = schedule.steps()[id];
        links.clear();
        append_links(fabric, step, links);
        const double carried = run.problem.can_flow(id) ? step.volume.si - run.left(id) : step.volume.si;
        for (const LinkId link : links) activity[link].carried.si += carried;
    }
    return activity;
}

/// Links of one class that a step crosses hold it together: they share the time.
void collect_folded_holds(const Run& run, StepId step, Timeline& timeline) {
    const StepId solved = run.solved(step);
    const std::span<const Crossing> crossings = run.problem.crossings_of(step), known = run.loop.problem().crossings_of(solved);
    const std::span<const double> held = run.loop.sharing().held(solved);
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (held[i] <= 0) continue;
        const auto is_of_class = [&](const Crossing& each) { return run.solved_link(each.link) == known[i].link; };
        const auto count = static_cast<double>(std::ranges::count_if(crossings, is_of_class));
        for (const Crossing& each : crossings)
            if (is_of_class(each)) timeline.holds.push_back({each.link, {held[i] / count}});
    }
}

/// Makes room for all at once: growing would take twice as much for a while, on top of all else that a run needs.
void reserve_holds(const Run& run, Timeline& timeline) {
    const StepId count = run.problem.step_count();
    timeline.first_hold.reserve(std::size_t{count} + 1);
    if (run.folding) return;
    std::size_t holds = 0;
    for (StepId step = 0; step < count; ++step)
        holds +=
            static_cast<std::size_t>(std::ranges::count_if(run.loop.sharing().held(step), [](double held) { return held > 0; }));
    timeline.holds.reserve(holds);
}

void collect_holds(const Run& run, Timeline& timeline) {
    reserve_holds(run, timeline);
    for (StepId step = 0; step < run.problem.step_count(); ++step) {
        if (run.folding) collect_folded_holds(run, step, timeline);
        else {
            const std::span<const Crossing> crossings = run.problem.crossings_of(step);
            const std::span<const double> held = run.loop.sharing().held(step);
            for (std::size_t i = 0; i < crossings.size(); ++i)
                if (held[i] > 0) timeline.holds.push_back({crossings[i].link, {held[i]}});
        }
        timeline.first_hold.push_back(static_cast<std::uint32_t>(timeline.holds.size()));
    }
}

Timeline timeline_of(const Fabric& fabric, const Schedule& schedule, const Run& run) {
    Timeline timeline;
    const StepId count = run.problem.step_count();
    timeline.start = run.spread(run.loop.take_starts());
    timeline.end = run.spread(run.loop.take_ends());
    for (StepId step = 0; step < count; ++step) {
        timeline.makespan = std::max(timeline.makespan, timeline.end[step]);
        if (run.problem.can_flow(step))
            timeline.delivery_error = std::max(timeline.delivery_error, std::abs(run.left(step)) / run.problem.volume[step]);
    }
    if (!run.problem.cap.empty())
        for (StepId step = 0; step < count; ++step) timeline.capped.push_back({run.loop.sharing().capped()[run.solved(step)]});
    collect_holds(run, timeline);
    timeline.activity = activity_of(fabric, schedule, run);
    timeline.rate_changes = run.loop.sharing().rate_changes();
    return timeline;
}

}  // namespace

Timeline run_fluid(const Fabric& fabric, const Schedule& schedule, double accuracy, const Progress& progress,
                   std::size_t course_bins) {
    constexpr double rounding = 1e-12;
    Problem problem = make_problem(fabric, schedule);
    // Each link that a step crosses may be late by as much. The factor: so that all cases of tests/engine/accuracy_test.cpp keep
    // to their accuracy.
    constexpr double caution = 1.2;
    const double most_debt = caution * accuracy * fullest_link_time(problem) / static_cast<double>(longest_way(problem));
    std::optional<Recorder> recorder = make_recorder(fabric, schedule, problem, course_bins);
    std::optional<Folding> folding;
    if (!recorder) folding = fold(problem);  // the recorder wants each step
    EventLoop loop(std::move(folding ? folding->problem : problem), most_debt, rounding, nullptr,
                   recorder ? &*recorder : nullptr);
    loop.run(progress);
    Timeline timeline = timeline_of(fabric, schedule, {folding ? problem : loop.problem(), loop, folding ? &*folding : nullptr});
    timeline.accuracy = accuracy;
    if (recorder) timeline.course = recorder->course(timeline.makespan);
    return timeline;
}

Timeline replay(const Fabric& fabric, const Schedule& schedule, const std::vector<Seconds>& ends, const Progress& progress,
                std::size_t course_bins) {
    constexpr double grain_of_simgrid = 1e-9;  // fewer events, and far below what anybody reads
    Problem problem = make_problem(fabric, schedule);
    std::optional<Recorder> recorder = make_recorder(fabric, schedule, problem, course_bins);
    EventLoop loop(std::move(problem), 0, grain_of_simgrid, &ends, recorder ? &*recorder : nullptr);
    loop.run(progress);
    Timeline timeline = timeline_of(fabric, schedule, {loop.problem(), loop});
    timeline.end = ends;  // as given, not as grouped
    for (const Seconds end : ends) timeline.makespan = std::max(timeline.makespan, end);
    if (recorder) timeline.course = recorder->course(timeline.makespan);
    return timeline;
}

}  // namespace tokenyard
