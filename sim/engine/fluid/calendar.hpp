// What is going to happen, by time.
#pragma once

#include "model/schedule.hpp"

#include <limits>
#include <map>
#include <queue>
#include <vector>

namespace tokenyard {

/// Steps by the time at which they start to flow. Many start together, and few times are waited for at once.
class Starts {
public:
    void add(double time, StepId step) { at_[time].push_back(step); }
    double next() const { return at_.empty() ? std::numeric_limits<double>::infinity() : at_.begin()->first; }
    std::vector<StepId> take_next() {
        std::vector<StepId> steps = std::move(at_.begin()->second);
        at_.erase(at_.begin());
        return steps;
    }

private:
    std::map<double, std::vector<StepId>> at_;
};

/// Steps by the time at which they end, as far as the horizon. An entry is out of date when `due` says otherwise.
class Ends {
public:
    struct Entry {
        double time;
        StepId step;
        bool operator>(const Entry& other) const { return time != other.time ? time > other.time : step > other.step; }
    };

    double horizon() const { return horizon_; }
    void clear(double horizon) {
        soon_ = {};
        horizon_ = horizon;
    }
    void add(double time, StepId step) {
        if (time <= horizon_) soon_.push({time, step});
    }
    bool empty() const { return soon_.empty(); }
    const Entry& next() const { return soon_.top(); }
    void drop_next() { soon_.pop(); }

private:
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> soon_;
    double horizon_ = 0;
};

}  // namespace tokenyard
