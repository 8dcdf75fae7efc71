#include "engine/fluid.hpp"

#include "engine/sharing.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

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
          sharing_(fabric, timeline_.routes),
          left_(schedule.transfers.size()) {
        for (std::size_t i = 0; i < left_.size(); ++i) left_[i] = schedule.transfers[i].volume.si;
        by_start_.resize(left_.size());
        std::iota(by_start_.begin(), by_start_.end(), 0u);
        std::stable_sort(by_start_.begin(), by_start_.end(),
                         [&](std::uint32_t a, std::uint32_t b) { return timeline_.start[a] < timeline_.start[b]; });
    }

    /// `next_end` gives the time of the next end among the flowing transfers; `has_ended` tells which end then.
    template <class NextEnd, class HasEnded>
    Timeline run(const NextEnd& next_end, const HasEnded& has_ended, const Progress& progress) {
        std::size_t started = 0, ended = 0;
        while (ended < left_.size()) {
            for (; started < left_.size() && start_of(started) <= now_ * (1 + together); ++started)
                sharing_.start(by_start_[started]);
            if (!sharing_.flowing().empty()) {
                sharing_.share();
                ++timeline_.rate_changes;
            }
            const double next_start = started < left_.size() ? start_of(started) : never;
            advance_to(std::min(next_start, next_end(*this)));
            ended += stop_those_that(has_ended);
            if (progress) progress(static_cast<double>(ended) / static_cast<double>(left_.size()));
        }
        finish();
        return std::move(timeline_);
    }

    double now() const { return now_; }
    const RateSharing& sharing() const { return sharing_; }
    double left(std::uint32_t transfer) const { return left_[transfer]; }

private:
    static Timeline empty_timeline(const Fabric& fabric, const Schedule& schedule) {
        Timeline timeline;
        timeline.routes = resolve_routes(fabric, schedule);
        timeline.start = timeline.routes.latency;
        timeline.end.resize(schedule.transfers.size());
        timeline.held.resize(timeline.routes.links.size());
        timeline.activity.resize(fabric.links.size());
        return timeline;
    }

    double start_of(std::size_t position) const { return timeline_.start[by_start_[position]].si; }

    /// Carries bytes for the time until `time`, and books it on the links that held each transfer.
    void advance_to(double time) {
        const double step = time - now_;
        assert(step >= 0 && std::isfinite(step));
        for (const std::uint32_t transfer : sharing_.flowing()) {
            left_[transfer] -= sharing_.rate(transfer) * step;
            book_holders(transfer, step);
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

    /// A transfer can be held by several links at once, as in a uniform exchange: they share the time.
    void book_holders(std::uint32_t transfer, double step) {
        const std::uint32_t first = timeline_.routes.first[transfer], end = timeline_.routes.first[transfer + 1];
        int holders = 0;
        for (std::uint32_t i = first; i < end; ++i) holders += sharing_.holds(timeline_.routes.links[i], transfer);
        for (std::uint32_t i = first; i < end; ++i)
            if (sharing_.holds(timeline_.routes.links[i], transfer)) timeline_.held[i].si += step / holders;
    }

    template <class HasEnded>
    std::size_t stop_those_that(const HasEnded& has_ended) {
        ending_.clear();
        for (const std::uint32_t transfer : sharing_.flowing())
            if (has_ended(*this, transfer)) ending_.push_back(transfer);
        for (const std::uint32_t transfer : ending_) {
            timeline_.end[transfer].si = now_;
            sharing_.stop(transfer);
        }
        return ending_.size();
    }

    void finish() {
        for (std::size_t i = 0; i < left_.size(); ++i) {
            timeline_.makespan = std::max(timeline_.makespan, timeline_.end[i]);
            timeline_.delivery_error = std::max(timeline_.delivery_error, std::abs(left_[i]) / schedule_.transfers[i].volume.si);
        }
    }

    const Schedule& schedule_;
    Timeline timeline_;
    RateSharing sharing_;
    std::vector<double> left_;  // bytes of each transfer
    std::vector<std::uint32_t> by_start_, ending_;
    double now_ = 0;
};

}  // namespace

TransferRoutes resolve_routes(const Fabric& fabric, const Schedule& schedule) {
    TransferRoutes routes;
    routes.first.push_back(0);
    for (const Transfer& transfer : schedule.transfers) {
        routes.latency.push_back(fabric.append_route(transfer.source, transfer.destination, transfer.lane, 0, routes.links));
        routes.first.push_back(static_cast<std::uint32_t>(routes.links.size()));
    }
    return routes;
}

Timeline run_fluid(const Fabric& fabric, const Schedule& schedule, const Progress& progress) {
    std::vector<double> end(schedule.transfers.size());  // of each flowing transfer, at the rates of this moment
    const auto next_end = [&](const EventLoop& loop) {
        double earliest = never;
        for (const std::uint32_t transfer : loop.sharing().flowing()) {
            end[transfer] = loop.now() + std::max(loop.left(transfer), 0.0) / loop.sharing().rate(transfer);
            earliest = std::min(earliest, end[transfer]);
        }
        return earliest;
    };
    const auto has_ended = [&](const EventLoop& loop, std::uint32_t transfer) {
        return end[transfer] <= loop.now() * (1 + together);
    };
    return EventLoop(fabric, schedule).run(next_end, has_ended, progress);
}

Timeline replay(const Fabric& fabric, const Schedule& schedule, const std::vector<Seconds>& ends, const Progress& progress) {
    const auto next_end = [&](const EventLoop& loop) {
        double earliest = never;
        for (const std::uint32_t transfer : loop.sharing().flowing()) earliest = std::min(earliest, ends[transfer].si);
        return std::max(earliest, loop.now());
    };
    constexpr double same_end = 1e-9;  // SimGrid's own grain: fewer events, and far below what anybody reads
    const auto has_ended = [&](const EventLoop& loop, std::uint32_t transfer) {
        return ends[transfer].si <= loop.now() * (1 + same_end);
    };
    Timeline timeline = EventLoop(fabric, schedule).run(next_end, has_ended, progress);
    timeline.end = ends;  // as given, not as grouped
    for (const Seconds end : ends) timeline.makespan = std::max(timeline.makespan, end);
    return timeline;
}

}  // namespace tokenyard
