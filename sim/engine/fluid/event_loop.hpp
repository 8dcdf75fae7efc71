// SPDX-License-Identifier: Apache-2.0
// From event to event until every step has ended.
#pragma once

#include "engine/fluid/calendar.hpp"
#include "engine/fluid/problem.hpp"
#include "engine/fluid/recorder.hpp"
#include "engine/fluid/sharing.hpp"
#include "engine/simulate.hpp"

#include <utility>
#include <vector>

namespace tokenyard {

/// Time moves from event to event; between two of them all rates are constant.
class EventLoop {
public:
    /// `given`: the ends of the steps where they are known, else nullptr. `grain`: events closer than this part of the time so
    /// far are one. `recorder` may be nullptr.
    EventLoop(Problem problem, double patience, double grain, const std::vector<Seconds>* given, Recorder* recorder);

    void run(const Progress& progress);

    const Problem& problem() const { return problem_; }
    const Sharing& sharing() const { return sharing_; }
    /// Of each step. Once.
    std::vector<Seconds> take_starts() { return std::move(start_); }
    std::vector<Seconds> take_ends() { return std::move(end_); }

private:
    double with_grain(double time) const { return time * (1 + grain_); }

    void release(StepId step);
    void begin_those_due();
    void pass(StepId step);
    void begin(StepId step);
    void end_those_due();
    void fetch_those_to_come() const;
    void end(StepId step);
    void settle();
    bool find_next_end();
    double next_end();
    void look_ahead(double time);

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

}  // namespace tokenyard
