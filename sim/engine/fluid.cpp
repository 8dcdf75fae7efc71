#include "engine/fluid.hpp"

#include "engine/routes.hpp"
#include "engine/sharing.hpp"
#include "engine/waiting.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <queue>

namespace tokenyard {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();
constexpr double together = 1e-12;  // events closer than this part of the time so far are one: they differ by rounding

/// Time moves from event to event; between two of them all rates are constant.
class EventLoop {
public:
    EventLoop(const Fabric& fabric, const Schedule& schedule)
        : schedule_(schedule),
          timeline_(empty_timeline(fabric, schedule)),
          sharing_(fabric, schedule, timeline_.routes),
          waiting_(schedule) {
        for (const Step& step : schedule.steps()) left_.push_back(step.volume.si);
        for (StepId step = 0; step < left_.size(); ++step)
            if (waiting_.open(step) == 0) release(step);
    }

    /// `next_end` gives the time of the next end among the flowing steps; `has_ended` tells which end then.
    template <class NextEnd, class HasEnded>
    Timeline run(const NextEnd& next_end, const HasEnded& has_ended, const Progress& progress) {
        while (ended_ < left_.size()) {
            begin_those_due();
            if (ended_ == left_.size()) break;
            if (!sharing_.flowing().empty()) {
                sharing_.share();
                ++timeline_.rate_changes;
            }
            const double next_start = starts_.empty() ? never : starts_.top().time;
            advance_to(std::min(next_start, next_end(*this)));
            end_those_that(has_ended);
            if (progress) progress(static_cast<double>(ended_) / static_cast<double>(left_.size()));
        }
        finish();
        return std::move(timeline_);
    }

    double now() const { return now_; }
    const RateSharing& sharing() const { return sharing_; }
    double left(StepId step) const { return left_[step]; }

private:
    /// A step whose delay and latency are over at that time.
    struct Start {
        double time;
        StepId step;
        bool operator>(const Start& other) const { return time != other.time ? time > other.time : step > other.step; }
    };

    static Timeline empty_timeline(const Fabric& fabric, const Schedule& schedule) {
        Timeline timeline;
        timeline.routes = resolve_routes(fabric, schedule);
        timeline.start.resize(schedule.steps().size());
        timeline.end.resize(schedule.steps().size());
        timeline.capped.resize(schedule.steps().size());
        timeline.held.resize(timeline.routes.links.size());
        timeline.activity.resize(link_count(fabric, schedule));
        return timeline;
    }

    /// All that the step waited for has ended.
    void release(StepId step) {
        const double start = now_ + (schedule_.steps()[step].delay + timeline_.routes.latency[step]).si;
        timeline_.start[step].si = start;
        starts_.push({start, step});
    }

    void begin_those_due() {
        while (!starts_.empty() && starts_.top().time <= now_ * (1 + together)) {
            const StepId step = starts_.top().step;
            starts_.pop();
            if (left_[step] > 0 && sharing_.can_flow(step)) {
                sharing_.start(step);
                continue;
            }
            left_[step] = 0;
            end(step);
        }
    }

    void end(StepId step) {
        timeline_.end[step].si = now_;
        ++ended_;
        for (const StepId waiter : waiting_.waiters_of(step))
            if (--waiting_.open(waiter) == 0) release(waiter);
    }

    /// Carries bytes for the time until `time`, and books it on the links that held each transfer.
    void advance_to(double time) {
        const double step = time - now_;
        assert(step >= 0 && std::isfinite(step));
        for (const StepId flowing : sharing_.flowing()) {
            left_[flowing] -= sharing_.rate(flowing) * step;
            book_holders(flowing, step);
        }
        if (!sharing_.flowing().empty()) book_links(step, time);
        now_ = time;
    }

    void book_links(double step, double time) {
        for (const LinkId link : sharing_.used_links()) {
            LinkActivity& activity = timeline_.activity[link];
            activity.carried.si += sharing_.load(link) * step;
            if (!sharing_.is_saturated(link)) continue;
            if (activity.saturated.si == 0) activity.first_saturated.si = now_;
            activity.saturated.si += step;
            activity.last_saturated.si = time;
        }
    }

    /// A step can be held by several links at once, as in a uniform exchange, and by its cap: they share the time.
    void book_holders(StepId flowing, double step) {
        const std::uint32_t first = timeline_.routes.first[flowing], last = timeline_.routes.first[flowing + 1];
        const bool is_capped = sharing_.is_capped(flowing);
        int holders = is_capped;
        for (std::uint32_t i = first; i < last; ++i) holders += sharing_.holds(timeline_.routes.links[i], flowing);
        for (std::uint32_t i = first; i < last; ++i)
            if (sharing_.holds(timeline_.routes.links[i], flowing)) timeline_.held[i].si += step / holders;
        if (is_capped) timeline_.capped[flowing].si += step / holders;
    }

    template <class HasEnded>
    void end_those_that(const HasEnded& has_ended) {
        ending_.clear();
        for (const StepId step : sharing_.flowing())
            if (has_ended(*this, step)) ending_.push_back(step);
        for (const StepId step : ending_) {
            sharing_.stop(step);
            end(step);
        }
    }

    void finish() {
        for (StepId step = 0; step < left_.size(); ++step) {
            timeline_.makespan = std::max(timeline_.makespan, timeline_.end[step]);
            if (const double volume = schedule_.steps()[step].volume.si; volume > 0)
                timeline_.delivery_error = std::max(timeline_.delivery_error, std::abs(left_[step]) / volume);
        }
    }

    const Schedule& schedule_;
    Timeline timeline_;
    RateSharing sharing_;
    Waiting waiting_;
    std::vector<double> left_;  // bytes of each step
    std::priority_queue<Start, std::vector<Start>, std::greater<>> starts_;
    std::vector<StepId> ending_;
    std::size_t ended_ = 0;
    double now_ = 0;
};

}  // namespace

Timeline run_fluid(const Fabric& fabric, const Schedule& schedule, const Progress& progress) {
    std::vector<double> end(schedule.steps().size());  // of each flowing step, at the rates of this moment
    const auto next_end = [&](const EventLoop& loop) {
        double earliest = never;
        for (const StepId step : loop.sharing().flowing()) {
            end[step] = loop.now() + std::max(loop.left(step), 0.0) / loop.sharing().rate(step);
            earliest = std::min(earliest, end[step]);
        }
        return earliest;
    };
    const auto has_ended = [&](const EventLoop& loop, StepId step) { return end[step] <= loop.now() * (1 + together); };
    return EventLoop(fabric, schedule).run(next_end, has_ended, progress);
}

Timeline replay(const Fabric& fabric, const Schedule& schedule, const std::vector<Seconds>& ends, const Progress& progress) {
    const auto next_end = [&](const EventLoop& loop) {
        double earliest = never;
        for (const StepId step : loop.sharing().flowing()) earliest = std::min(earliest, ends[step].si);
        return std::max(earliest, loop.now());
    };
    constexpr double same_end = 1e-9;  // SimGrid's own grain: fewer events, and far below what anybody reads
    const auto has_ended = [&](const EventLoop& loop, StepId step) { return ends[step].si <= loop.now() * (1 + same_end); };
    Timeline timeline = EventLoop(fabric, schedule).run(next_end, has_ended, progress);
    timeline.end = ends;  // as given, not as grouped
    for (const Seconds end : ends) timeline.makespan = std::max(timeline.makespan, end);
    return timeline;
}

}  // namespace tokenyard
