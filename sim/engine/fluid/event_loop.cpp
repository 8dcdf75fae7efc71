#include "engine/fluid/fluid.hpp"

#include "engine/fluid/calendar.hpp"
#include "engine/fluid/problem.hpp"
#include "engine/fluid/recorder.hpp"
#include "engine/fluid/sharing.hpp"
#include "engine/fluid/symmetry.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>

namespace tokenyard {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

/// Time moves from event to event; between two of them all rates are constant.
class EventLoop {
public:
    /// `given`: the ends of the steps where they are known, else nullptr. `grain`: events closer than this part of the time so
    /// far are one. `recorder` may be nullptr.
    EventLoop(Problem problem, double patience, double grain, const std::vector<Seconds>* given, Recorder* recorder)
        : problem_(std::move(problem)),
          sharing_(problem_, patience, recorder),
          recorder_(recorder),
          grain_(grain),
          given_(given),
          start_(problem_.step_count()),
          end_(problem_.step_count()) {
        for (StepId step = 0; step < problem_.step_count(); ++step)
            if (problem_.waiting.open(step) == 0) release(step);
        if (given_) ends_.clear(0, never);
    }

    void run(const Progress& progress) {
        const std::size_t count = problem_.step_count();
        while (ended_ < count) {
            now_ = std::min({starts_.next(), next_end(), std::max(sharing_.next_settling(), now_)});
            assert(std::isfinite(now_));
            begin_those_due();
            end_those_due();
            if (starts_.next() <= now_) continue;  // what has just ended was waited for
            settle();
            if (progress) progress(static_cast<double>(ended_) / static_cast<double>(count));
        }
    }

    const Problem& problem() const { return problem_; }
    const Sharing& sharing() const { return sharing_; }
    /// Of each step. Once.
    std::vector<Seconds> take_starts() { return std::move(start_); }
    std::vector<Seconds> take_ends() { return std::move(end_); }

private:
    double with_grain(double time) const { return time * (1 + grain_); }

    /// All that the step waited for has ended.
    void release(StepId step) {
        start_[step] = {now_ + problem_.delay[step]};
        starts_.add(start_[step].si, step);
    }

    void begin_those_due() {
        while (starts_.next() <= with_grain(now_))
            for (const StepId step : starts_.take_next())
                if (!problem_.can_flow(step)) pass(step);
                else begin(step);
    }

    /// No link limits it.
    void pass(StepId step) {
        if (recorder_) recorder_->add_at_once(step, now_, problem_.volume[step]);
        end(step);
    }

    void begin(StepId step) {
        sharing_.start(step, now_);
        if (given_) ends_.add(std::max((*given_)[step].si, now_), step);
    }

    void end_those_due() {
        while (find_next_end() && ends_.next().time <= with_grain(now_)) {
            const StepId step = ends_.next().step;
            ends_.drop_next();
            fetch_those_to_come();
            sharing_.stop(step, now_);
            end(step);
        }
    }

    /// Asks memory for all that the next ends will need. Where a step's waiters are had to be asked for before.
    void fetch_those_to_come() const {
        const std::span<const Ends::Entry> entries = ends_.first_few();
        if (!entries.empty()) problem_.waiting.fetch_waiters(entries.front().step);
        for (const Ends::Entry& entry : entries) {
            sharing_.fetch(entry.step);
            sharing_.fetch_held(entry.step);
            problem_.waiting.fetch(entry.step);
            __builtin_prefetch(&end_[entry.step], 1);
        }
    }

    void end(StepId step) {
        end_[step] = {now_};
        ++ended_;
        for (const StepId waiter : problem_.waiting.waiters_of(step))
            if (--problem_.waiting.open(waiter) == 0) release(waiter);
    }

    void settle() {
        sharing_.settle(now_);
        if (given_) return;
        if (sharing_.changed_all()) return look_ahead((now_ - looked_ahead_) * 1.5);
        for (const Sharing::Due& due : sharing_.changed()) ends_.add(due.time, due.step);
    }

    bool find_next_end() {
        const auto time_of = [&](const Ends::Entry& entry) {
            if (!sharing_.flows(entry.step)) return never;
            if (given_) return entry.time;
            return sharing_.said(entry.step) == entry.time ? sharing_.say(entry.step) : never;
        };
        return ends_.find_next(time_of, [&](StepId step) { sharing_.fetch(step); });
    }

    double next_end() {
        if (find_next_end()) return std::max(ends_.next().time, now_);
        if (sharing_.flowing_count() == 0 || given_) return never;
        look_ahead(next_look_);
        return find_next_end() ? std::max(ends_.next().time, now_) : never;
    }

    /// Finds the ends of the next `time` seconds, or at least the next one. Looks further ahead the next time, unless that finds
    /// many: most of what ends late comes to end earlier than it seems, and would be noted again and again.
    void look_ahead(double time) {
        sharing_.forget_stopped();
        double first = never;
        for (const StepId step : sharing_.flowing()) first = std::min(first, sharing_.due(step));
        const double horizon = std::max(with_grain(first), now_ + time);
        ends_.clear(now_, horizon);
        std::size_t found = 0;
        for (const StepId step : sharing_.flowing()) {
            ends_.add(sharing_.say(step), step);
            found += sharing_.said(step) <= horizon;
        }
        constexpr std::size_t few = 16;    // steps that flow for each that is found
        constexpr double shortest = 0.02;  // of the time to the first end: where it begins from nothing
        looked_ahead_ = now_;
        next_look_ = found * few > sharing_.flowing_count() ? time : 2 * time;
        if (first < never) next_look_ = std::max(next_look_, shortest * (first - now_));
    }

    Problem problem_;
    Sharing sharing_;
    Recorder* recorder_;
    double grain_;
    const std::vector<Seconds>* given_;
    std::vector<Seconds> start_, end_;  // of each step
    Starts starts_;
    Ends ends_;
    std::size_t ended_ = 0;
    double now_ = 0, looked_ahead_ = 0;
    double next_look_ = 0;  // how far the next one goes
};

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
