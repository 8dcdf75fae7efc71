// SPDX-License-Identifier: Apache-2.0
#include "engine/fluid/event_loop.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <span>

namespace tokenyard {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

}  // namespace

EventLoop::EventLoop(Problem problem, double patience, double grain, const std::vector<Seconds>* given, Recorder* recorder)
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

void EventLoop::run(const Progress& progress) {
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

/// All that the step waited for has ended.
void EventLoop::release(StepId step) {
    start_[step] = {now_ + problem_.delay[step]};
    starts_.add(start_[step].si, step);
}

void EventLoop::begin_those_due() {
    while (starts_.next() <= with_grain(now_))
        for (const StepId step : starts_.take_next())
            if (!problem_.can_flow(step)) pass(step);
            else begin(step);
}

/// No link limits it.
void EventLoop::pass(StepId step) {
    if (recorder_) recorder_->add_at_once(step, now_, problem_.volume[step]);
    end(step);
}

void EventLoop::begin(StepId step) {
    sharing_.start(step, now_);
    if (given_) ends_.add(std::max((*given_)[step].si, now_), step);
}

void EventLoop::end_those_due() {
    while (find_next_end() && ends_.next().time <= with_grain(now_)) {
        const StepId step = ends_.next().step;
        ends_.drop_next();
        fetch_those_to_come();
        sharing_.stop(step, now_);
        end(step);
    }
}

/// Asks memory for all that the next ends will need. Where a step's waiters are had to be asked for before.
void EventLoop::fetch_those_to_come() const {
    const std::span<const Ends::Entry> entries = ends_.first_few();
    if (!entries.empty()) problem_.waiting.fetch_waiters(entries.front().step);
    for (const Ends::Entry& entry : entries) {
        sharing_.fetch(entry.step);
        sharing_.fetch_held(entry.step);
        problem_.waiting.fetch(entry.step);
        __builtin_prefetch(&end_[entry.step], 1);
    }
}

void EventLoop::end(StepId step) {
    end_[step] = {now_};
    ++ended_;
    for (const StepId waiter : problem_.waiting.waiters_of(step))
        if (--problem_.waiting.open(waiter) == 0) release(waiter);
}

void EventLoop::settle() {
    sharing_.settle(now_);
    if (given_) return;
    if (sharing_.changed_all()) return look_ahead((now_ - looked_ahead_) * 1.5);
    for (const Sharing::Due& due : sharing_.changed()) ends_.add(due.time, due.step);
}

bool EventLoop::find_next_end() {
    const auto time_of = [&](const Ends::Entry& entry) {
        if (!sharing_.flows(entry.step)) return never;
        if (given_) return entry.time;
        return sharing_.said(entry.step) == entry.time ? sharing_.say(entry.step) : never;
    };
    return ends_.find_next(time_of, [&](StepId step) { sharing_.fetch(step); });
}

double EventLoop::next_end() {
    if (find_next_end()) return std::max(ends_.next().time, now_);
    if (sharing_.flowing_count() == 0 || given_) return never;
    look_ahead(next_look_);
    return find_next_end() ? std::max(ends_.next().time, now_) : never;
}

/// Finds the ends of the next `time` seconds, or at least the next one. Looks further ahead the next time, unless that finds
/// many: most of what ends late comes to end earlier than it seems, and would be noted again and again.
void EventLoop::look_ahead(double time) {
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

}  // namespace tokenyard
