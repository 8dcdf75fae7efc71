// SPDX-License-Identifier: Apache-2.0
// Max-min fair sharing of links among the steps that flow, kept up to date while they come and go.
#pragma once

#include "engine/fluid/flow.hpp"
#include "engine/fluid/problem.hpp"
#include "engine/fluid/recorder.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace tokenyard {

/// Max-min fairness (Bertsekas and Gallager, Data Networks, 2nd ed., 6.5.2) as levels: a full link grants all its steps the
/// same level, a link with room to spare grants no limit, and a step's rate is the least of its links' levels and its cap.
///
/// With patience 0 all levels are right again after each `settle`. Otherwise that is so only while few steps flow. Else a link
/// may grant a wrong level for a while: the bytes that it left unused, or carried beyond its capacity, are its debt. When the
/// debt has grown by `patience` seconds of what the steps get that bear it, the level is put right, and made a little too high or
/// low to work the debt off: a link's service is late or early for a while, but in the long run it is its capacity.
class Sharing {
public:
    /// `problem` is kept by reference. `patience` in seconds. `recorder` is told what each step carries when; it may be nullptr.
    Sharing(const Problem& problem, double patience, Recorder* recorder);

    /// Pre: problem.can_flow(step). It gets a rate with the next `settle`.
    void start(StepId step, double now);
    void stop(StepId step, double now);

    /// Puts right what is wrong, if it is wrong enough.
    void settle(double now);
    /// When to settle if nothing starts or stops before.
    double next_settling() const { return next_settling_; }

    bool flows(StepId step) const { return flows_[step].rate >= 0; }
    const std::vector<StepId>& flowing() const { return flowing_; }  // some of them may have stopped: see flows
    void forget_stopped() {
        std::erase_if(flowing_, [&](StepId step) { return !flows(step); });
    }
    std::size_t flowing_count() const { return flowing_count_; }
    /// When it will have carried its bytes at the rate that it has, in seconds.
    double due(StepId step) const { return flows_[step].due(); }
    struct Due {
        double time = 0;
        StepId step = 0;
    };
    /// Steps that are due earlier than was said of them before, since the last `settle`; all that flow when `changed_all`. Those
    /// that are due later are asked about when the time has come that was said.
    const std::vector<Due>& changed() const { return changed_; }
    /// When a step was said to be due.
    double said(StepId step) const { return flows_[step].said; }
    /// Says when it is due now.
    double say(StepId step) { return flows_[step].said = flows_[step].due(); }
    bool changed_all() const { return changed_all_; }
    /// Asks memory for what is known of a step, which will be needed soon; and of what held it back.
    void fetch(StepId step) const { __builtin_prefetch(&flows_[step], 1); }
    void fetch_held(StepId step) const {
        __builtin_prefetch(&held_[step], 1);
        if (!held_far_.empty() && !flows_[step].is_near()) __builtin_prefetch(held_far_.data() + flows_[step].first_far(), 1);
    }

    /// Bytes that a step has not carried.
    double left(StepId step) const { return flows_[step].left; }
    /// For each step the seconds for which its cap set its rate; empty when none has one.
    const std::vector<double>& capped() const { return capped_; }
    /// Seconds for which each of the step's crossings set its rate. Pre: the step has stopped.
    std::span<const double> held(StepId step) const {
        const std::uint32_t first = problem_.first_crossing[step], count = problem_.first_crossing[step + 1] - first;
        return flows_[step].is_near() ? std::span(held_[step].near).first(count) : std::span(held_far_).subspan(first, count);
    }

    struct LinkHistory {
        double full = 0, first_full = 0, last_full = 0;  // seconds
    };
    /// What a link did so far. Pre: no step flows.
    const LinkHistory& history(LinkId link) const { return links_[link].history; }

    std::uint64_t rate_changes() const { return rate_changes_; }  // times that a step got another rate

private:
    static constexpr double unlimited = std::numeric_limits<double>::infinity(), never = unlimited;
    static constexpr double stopped = Flow::stopped, unfixed = Flow::unfixed;
    static constexpr double slack = 1e-9;  // relative; rounding in a sum of a million rates stays below it
    static constexpr double rounding = 1e-14, rounding_of_loads = 1e-11;  // relative; in one rate, and in a sum of changes

    /// What changes with every rate comes first, in one cache line.
    struct alignas(64) LinkState {
        double capacity = 0;        // bytes per second
        double load = 0;            // bytes per second that flow over it
        double goal = 0;            // bytes per second that were shared out when its level was put right last
        double crossings = 0;       // of the steps that flow, each as often as its bytes cross
        double yielding = 0;        // of the load, what the steps that it holds back have: they bear its debt
        double debt = 0;            // bytes left unused (above 0) or carried too much since it became full
        double updated = 0;         // when `debt` was right
        bool is_queued = false;     // its level may be wrong
        bool is_touched = false;    // its load has changed since it was found out when to put it right
        double debt_before = 0;     // when its level was put right last
        double put_right = 0;       // when its level was
        double window = 0;          // seconds for which that was meant to last
        double full_since = 0;      // while its level is a limit
        std::vector<StepId> steps;  // some may have stopped
        LinkHistory history;
    };

    struct DemandSum {
        double most = 0, needed = 0, fastest = 0;
    };

    using Holders = Flow::Holders;
    static constexpr Holders by_cap = Holders{1} << 31;
    static constexpr std::size_t most_holders = 31;  // crossings with a bit; of longer ways it is not kept who holds

    /// When a link's debt will have grown so much that it has to be put right; and most of that.
    struct Settling {
        double most = never, whole = never;
    };

    struct Demand {
        double most = 0;      // rate that the rest of its way allows
        double needed = 0;    // of that, what it can use in the mean over the link's window before it ends
        float times = 0;      // how often it crosses
        Holders holders = 0;  // what has set its rate until now
    };

    /// The fewer steps flow, the less it costs to be exact, and the more each of them counts.
    double patience() const { return patience_ * static_cast<double>(flowing_crossings_) / static_cast<double>(most_crossings_); }
    bool is_full(LinkId link) const { return levels_[link] < unlimited; }
    static bool holds(double level, double rate) { return level <= rate * (1 + slack); }
    static Holders holder_at(std::size_t place, double level, double rate) {
        return place < most_holders ? Holders{holds(level, rate)} << place : 0;
    }
    static Holders holders_by_cap(const Flow& flow, double cap) { return flow.rate >= cap * (1 - slack) ? by_cap : 0; }
    /// Bytes per second of those steps that a debt is at the cost or in favour of: of one, where the link holds none back yet.
    static double bearing(const LinkState& link) { return link.yielding > 0 ? link.yielding : link.load / link.crossings; }
    template <class Use>
    void for_each_crossing(const Flow& flow, const Use& use) const {
        flow.for_each_crossing(problem_.crossings.data(), use);
    }
    /// Asks memory for the steps some places further on, and, of those that have come, for ways that are too long for them.
    void fetch_ahead(const std::vector<StepId>& steps, std::size_t place) const {
        if (place + ahead < steps.size()) fetch(steps[place + ahead]);
        if (place + ahead / 2 < steps.size()) fetch_way(flows_[steps[place + ahead / 2]]);
    }
    void fetch_way(const Flow& flow) const {
        if (flow.is_near()) return;
        const Crossing* const first = problem_.crossings.data() + flow.first_far();
        __builtin_prefetch(first);
        __builtin_prefetch(first + 8);  // as many are in a cache line
    }
    /// The same for the first ones, before a walk over all.
    void fetch_first(const std::vector<StepId>& steps) const {
        for (std::size_t place = 0; place < std::min(steps.size(), ahead); ++place) fetch(steps[place]);
    }
    static constexpr std::size_t ahead = 16;  // places: more than the time that memory takes

    // Single links.
    void choose_strictness(double now);
    void settle_queue(double now);
    void give_up_queue();
    void settle_due(double now);
    void guess(StepId step, double now);
    void put_right(LinkId link, double now);
    DemandSum collect_demands(LinkId link, double now);
    double level_for(double capacity, double guess, double Demand::*demanded) const;
    void enqueue(LinkId link);
    void add_load(LinkId id, double rate, double now) {
        if (is_strict_) return add_strict_load(id, rate, now);
        LinkState& link = links_[id];
        if (link.updated != now) note_debt(id, now);
        link.load += rate;
        if (link.is_touched) return;
        link.is_touched = true;
        touched_.push_back(id);
    }
    void add_strict_load(LinkId link, double rate, double now);
    void plan_touched(double now);
    void note_debt(LinkId link, double now);
    void plan_settling(LinkId link, double now);
    double target(LinkId link, double now);
    void set_level(LinkId link, double level, double now);
    void drop_stopped(LinkState& link);

    // Single steps: rates.cpp.
    void book(StepId step, double now) { book(step, now, holders_of(step, flows_[step])); }
    void book(StepId step, double now, Holders holders);
    Holders holders_of(StepId step, const Flow& flow) const;
    void settle_holders(StepId step, const Flow& flow, double until);
    void set_rate(StepId step, double rate, double now);
    void change_rate(StepId step, double rate, double now);

    // All at once: fill.cpp.
    void sort_caps();
    void fill(double now);
    void collect_capped();
    void fix(StepId step, double rate);
    void fix_capped_below(double level);
    void take_over_levels(double now);

    const Problem& problem_;
    double patience_;
    Recorder* recorder_;
    std::vector<double> levels_;           // bytes per second that each link grants each of its steps
    std::vector<Settling> settlings_due_;  // of each link
    std::vector<LinkState> links_;
    std::vector<LinkId> used_links_;
    std::vector<LinkId> touched_;
    LargeTable<Flow> flows_;       // of each step
    LargeTable<Held> held_;        // of each step: brought up to date when its holders change
    LargeTable<double> held_far_;  // of each crossing, in seconds, for ways that are not short; empty where all are
    std::vector<double> capped_;   // of each step; empty when none has a cap
    std::vector<StepId> flowing_, started_;
    std::vector<Due> changed_;
    std::size_t flowing_count_ = 0, flowing_crossings_ = 0, most_crossings_ = 1;
    bool changed_all_ = false;
    double next_settling_ = unlimited;
    std::uint64_t rate_changes_ = 0;

    bool is_strict_ = true;                        // nothing may be wrong: always with patience 0, else while few steps flow
    std::size_t settlings_ = 0, strict_work_ = 0;  // the latter in steps looked at while strict
    std::vector<LinkId> queue_;                    // links whose levels may be wrong
    unsigned failures_in_a_row_ = 0, settlings_to_pass_over_ = 0;
    std::vector<Demand> demands_;

    std::vector<double> room_, open_, fastest_, yielding_;  // of each link, while it is filled
    std::vector<std::uint32_t> cap_class_;                  // of each step: the place of its cap among all caps
    std::uint32_t class_count_ = 0;
    std::vector<StepId> by_cap_;
    std::size_t next_cap_ = 0;
};

}  // namespace tokenyard
