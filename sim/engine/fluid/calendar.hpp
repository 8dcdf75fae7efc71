// SPDX-License-Identifier: Apache-2.0
// What is going to happen, by time.
#pragma once

#include "model/schedule.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <utility>
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

/// Steps by the time at which they end, as far as the horizon; what ends later is passed over. The time up to there is cut into
/// buckets, of which only the first is kept in order: most entries are out of date before their time has come, and only those
/// that end earlier than they said need a new one.
class Ends {
public:
    struct Entry {
        double time;
        StepId step;
        bool operator>(const Entry& other) const { return time != other.time ? time > other.time : step > other.step; }
    };

    static constexpr double never = std::numeric_limits<double>::infinity();

    /// Forgets all. Times from `begin` to `horizon` come next.
    void clear(double begin, double horizon) {
        for (; current_ < last_; ++current_) buckets_[current_ + 1].clear();
        soon_.clear();
        current_ = last_ = 0;
        begin_ = begin;
        horizon_ = horizon;
        const double width = (horizon - begin) / static_cast<double>(buckets_.size());
        per_second_ = width > 0 && width < std::numeric_limits<double>::infinity() ? 1 / width : 0;
    }
    void add(double time, StepId step) {
        if (time > horizon_) return;
        const std::size_t bucket = bucket_of(time);
        if (bucket > current_) {
            buckets_[bucket].push_back({time, step});
            last_ = std::max(last_, bucket);
            return;
        }
        soon_.push_back({time, step});
        std::push_heap(soon_.begin(), soon_.end(), std::greater<>{});
    }
    /// Makes the entry at the front one whose time has not changed: `time_of` gives an entry's time by now, at least what it was,
    /// or never; `fetch` is told of a step of which that will be asked soon. False when none is left.
    template <class TimeOf, class Fetch>
    bool find_next(const TimeOf& time_of, const Fetch& fetch) {
        for (;;) {
            while (!soon_.empty()) {
                const Entry entry = soon_.front();
                const double time = time_of(entry);
                if (time == entry.time) return true;
                drop_next();
                if (time < never) add(time, entry.step);
            }
            if (current_ == last_) return false;
            take_bucket(time_of, fetch);
        }
    }
    /// Pre: find_next gave true.
    const Entry& next() const { return soon_.front(); }
    /// The next entry, if any, and those that may come after it.
    std::span<const Entry> first_few() const {
        constexpr std::size_t few = 3;  // the front of the heap, and what is below it
        return std::span(soon_).first(std::min(few, soon_.size()));
    }
    void drop_next() {
        std::pop_heap(soon_.begin(), soon_.end(), std::greater<>{});
        soon_.pop_back();
    }

private:
    template <class TimeOf, class Fetch>
    void take_bucket(const TimeOf& time_of, const Fetch& fetch) {
        std::vector<Entry>& entries = buckets_[++current_];
        constexpr std::size_t ahead = 16;  // places: more than the time that memory takes
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (i + ahead < entries.size()) fetch(entries[i + ahead].step);
            const Entry entry = entries[i];
            if (const double time = time_of(entry); time < never && time <= horizon_) {
                const std::size_t bucket = bucket_of(time);
                if (bucket <= current_) soon_.push_back({time, entry.step});
                else buckets_[bucket].push_back({time, entry.step});
                last_ = std::max(last_, bucket);
            }
        }
        entries.clear();
        std::make_heap(soon_.begin(), soon_.end(), std::greater<>{});
    }

    std::size_t bucket_of(double time) const {
        return std::min(static_cast<std::size_t>(std::max(time - begin_, 0.0) * per_second_), buckets_.size() - 1);
    }

    std::vector<std::vector<Entry>> buckets_ = std::vector<std::vector<Entry>>(256);
    std::vector<Entry> soon_;  // a heap: all up to the current bucket
    std::size_t current_ = 0, last_ = 0;
    double begin_ = 0, horizon_ = 0, per_second_ = 0;
};

}  // namespace tokenyard
