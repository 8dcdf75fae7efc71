// SPDX-License-Identifier: Apache-2.0
#include "engine/fluid/sharing.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace tokenyard {

Sharing::Sharing(const Problem& problem, double patience, Recorder* recorder)
    : problem_(problem),
      patience_(patience),
      recorder_(recorder),
      levels_(problem.capacity.size(), unlimited),
      settlings_due_(problem.capacity.size()),
      links_(problem.capacity.size()),
      flows_(problem.volume.size()),
      held_(problem.volume.size()),
      room_(problem.capacity.size()),
      open_(problem.capacity.size()),
      fastest_(problem.capacity.size()),
      yielding_(problem.capacity.size()) {
    for (StepId step = 0; step < flows_.size(); ++step) {
        flows_[step].left = problem.volume[step];
        flows_[step].set_crossings(problem.crossings_of(step), problem.first_crossing[step]);
        if (!flows_[step].is_near()) held_far_.resize(problem.crossings.size());
    }
    for (LinkId link = 0; link < links_.size(); ++link) links_[link].capacity = links_[link].goal = problem.capacity[link];
    std::vector<std::uint32_t> steps_of(links_.size());
    for (const Crossing& crossing : problem.crossings) ++steps_of[crossing.link];
    for (LinkId link = 0; link < links_.size(); ++link) {
        if (steps_of[link] == 0) continue;
        used_links_.push_back(link);
        links_[link].steps.reserve(steps_of[link]);  // costs nothing where it is not used, and growing would cost twice as much
    }
    if (!problem.cap.empty()) sort_caps();
}

void Sharing::start(StepId step, double now) {
    assert(problem_.can_flow(step) && flows_[step].rate == stopped);
    Flow& flow = flows_[step];
    flow.rate = 0;
    flow.since = held_[step].since = now;
    for_each_crossing(flow, [&](LinkId id, double times) {
        links_[id].steps.push_back(step);
        links_[id].crossings += times;
        ++flowing_crossings_;
    });
    most_crossings_ = std::max(most_crossings_, flowing_crossings_);
    flowing_.push_back(step);
    ++flowing_count_;
    started_.push_back(step);
}

void Sharing::stop(StepId step, double now) {
    book(step, now);
    Flow& flow = flows_[step];
    settle_holders(step, flow, now);
    const double rate = std::exchange(flow.rate, stopped);
    --flowing_count_;
    for_each_crossing(flow, [&](LinkId id, double times) {
        LinkState& link = links_[id];
        --flowing_crossings_;
        link.crossings -= times;
        add_load(id, -rate * times, now);
        if (link.crossings == 0) {
            set_level(id, unlimited, now);
            link.steps.clear();
            link.load = link.debt = link.debt_before = 0;
            settlings_due_[id] = {};
        } else if (static_cast<double>(link.steps.size()) > 2 * link.crossings + 16) {
            drop_stopped(link);
        }
    });
}

void Sharing::settle(double now) {
    changed_.clear();
    changed_all_ = false;
    choose_strictness(now);
    if (is_strict_) {
        for (const StepId step : started_) {
            for_each_crossing(flows_[step], [&](LinkId id, double) { enqueue(id); });
            if (problem_.crossings_of(step).empty()) set_rate(step, problem_.cap_of(step), now);
        }
        if (changed_all_) give_up_queue();
        else if (!queue_.empty()) settle_queue(now);
    } else {
        give_up_queue();
        constexpr std::size_t few = 8;  // steps for each one that starts; filling costs about as much for each of them
        if (started_.size() * few > flowing_count_) fill(now);
        else
            for (const StepId step : started_) guess(step, now);
        plan_touched(now);
        if (now >= next_settling_) settle_due(now);
    }
    started_.clear();
}

/// The fewer steps flow, the cheaper it is to be exact, and the more each of them counts.
void Sharing::choose_strictness(double now) {
    ++settlings_;
    if (patience_ == 0) return;
    constexpr std::size_t few = 2048;                       // crossings: some ten microseconds a settling
    constexpr std::size_t at_once = 10'000'000, each = 64;  // steps looked at, in all and a settling: a second, and a microsecond
    const bool was_strict = is_strict_;
    is_strict_ = flowing_crossings_ <= (was_strict ? 2 * few : few) && strict_work_ <= at_once + each * settlings_;
    if (!is_strict_ || was_strict) return;
    for (const LinkId link : used_links_) {
        links_[link].debt = links_[link].debt_before = 0;
        settlings_due_[link] = {};
    }
    if (flowing_count_ > 0) fill(now);
}

/// Puts right those that are in the queue, and then what that makes wrong, until nothing is. Where that spreads too far
/// everything is filled anew; after that has happened it is tried less often.
void Sharing::settle_queue(double now) {
    if (settlings_to_pass_over_ > 0) {
        --settlings_to_pass_over_;
        return fill(now);
    }
    const std::size_t most_work = flowing_crossings_ / 2 + 16;  // in steps looked at: then filling would have been less
    std::size_t work = 0;
    for (std::size_t next = 0; next < queue_.size(); ++next) {
        const LinkId link = queue_[next];
        work += links_[link].steps.size();
        if (is_strict_) strict_work_ += links_[link].steps.size();
        if (work > most_work) {
            constexpr unsigned most = 6;
            failures_in_a_row_ = std::min(failures_in_a_row_ + 1, most);
            settlings_to_pass_over_ = 1u << failures_in_a_row_;
            return fill(now);
        }
        links_[link].is_queued = false;
        put_right(link, now);
    }
    queue_.clear();
    failures_in_a_row_ = 0;
}

void Sharing::give_up_queue() {
    for (const LinkId link : queue_) links_[link].is_queued = false;
    queue_.clear();
}

void Sharing::settle_due(double now) {
    for (const LinkId link : used_links_)  // settling those that will be due soon at once saves filling
        if (settlings_due_[link].most <= now) enqueue(link);
    settle_queue(now);
    if (changed_all_) return;
    plan_touched(now);
    next_settling_ = never;
    for (const LinkId link : used_links_) next_settling_ = std::min(next_settling_, settlings_due_[link].whole);
}

/// A rate for a step that has just started, from what its links grant others.
void Sharing::guess(StepId step, double now) {
    double least = problem_.cap_of(step);
    LinkId with_least_room = no_link;
    const Flow& flow = flows_[step];
    for_each_crossing(flow, [&](LinkId id, double times) {
        const LinkState& link = links_[id];
        const double granted = is_full(id) ? levels_[id] : (link.capacity - link.load) / times;
        if (granted >= least) return;
        least = granted;
        with_least_room = is_full(id) ? no_link : id;
    });
    if (with_least_room != no_link) return put_right(with_least_room, now);
    for_each_crossing(flow, [&](LinkId id, double times) { add_load(id, least * times, now); });
    set_rate(step, least, now);
}

/// The right level for the levels that all other links grant: the link's capacity is shared out among its steps, of which none
/// gets more than the rest of its way allows.
void Sharing::put_right(LinkId id, double now) {
    LinkState& link = links_[id];
    note_debt(id, now);
    const double goal = target(id, now);
    const auto [total, needed, fastest] = collect_demands(id, now);
    if (link.steps.empty()) return;
    double level = unlimited;
    if (total > goal * (1 + slack))
        level = level_for(goal, levels_[id], !is_strict_ && needed > goal ? &Demand::needed : &Demand::most);
    else if (total >= goal * (1 - slack)) level = fastest;  // full, as others are: they hold its steps together
    double load = 0, yielding = 0;
    for (std::size_t i = 0; i < link.steps.size(); ++i) {
        fetch_ahead(link.steps, i);
        const StepId step = link.steps[i];
        const Flow& flow = flows_[step];
        const Demand& demand = demands_[i];
        const double rate = std::min(level, demand.most), change = rate - flow.rate;
        load += rate * demand.times;
        if (rate == level) yielding += rate * demand.times;
        if (std::abs(change) <= rounding * rate) {
            if (holds(levels_[id], rate) != holds(level, rate)) book(step, now, demand.holders);
            continue;
        }
        for_each_crossing(flow, [&](LinkId other, double times) {
            if (other != id) add_load(other, change * times, now);
        });
        book(step, now, demand.holders);
        change_rate(step, rate, now);
    }
    set_level(id, level, now);
    link.load = load;
    link.yielding = yielding;
    link.debt_before = link.debt;
    link.put_right = now;
    plan_settling(id, now);
}

/// Fills `demands_` with what the steps of a link could use, beside link.steps, from which those that have stopped are dropped.
Sharing::DemandSum Sharing::collect_demands(LinkId id, double now) {
    LinkState& link = links_[id];
    DemandSum sum;
    const double per_window = 1 / link.window;
    demands_.resize(link.steps.size());
    std::size_t kept = 0;
    fetch_first(link.steps);
    for (std::size_t i = 0; i < link.steps.size(); ++i) {
        fetch_ahead(link.steps, i);
        const StepId step = link.steps[i];
        const Flow& flow = flows_[step];
        if (flow.rate == stopped) continue;
        link.steps[kept++] = step;
        double most = problem_.cap_of(step);
        Holders holders = holders_by_cap(flow, most);
        float times = 1;
        std::size_t place = 0;
        for_each_crossing(flow, [&](LinkId other, double of_other) {
            const double level = levels_[other];
            holders |= holder_at(place++, level, flow.rate);
            if (other == id) {
                times = static_cast<float>(of_other);
                return;
            }
            most = std::min(most, level);
            __builtin_prefetch(&links_[other], 1);  // its load will change if the step's rate does
        });
        if (holders != flow.holders) fetch_held(step);
        const double needed = std::min(most, flow.left_at(now) * per_window);
        sum.most += times * most;
        sum.needed += times * needed;
        sum.fastest = std::max(sum.fastest, most);
        demands_[kept - 1] = {most, needed, times, holders};
    }
    link.steps.resize(kept);
    demands_.resize(kept);
    return sum;
}

/// Water-filling: the level at which `demands_`, each limited to what it demands, add up to the capacity. `guess`: about there.
double Sharing::level_for(double capacity, double guess, double Demand::*demanded) const {
    constexpr double below = 0.9;
    double level = guess < unlimited ? guess * below : 0;
    for (bool is_guess = level > 0;; is_guess = false) {
        double left = capacity, limited = 0;
        for (const Demand& demand : demands_) {
            const bool is_satisfied = demand.*demanded <= level;
            left -= is_satisfied ? demand.times * demand.*demanded : 0;
            limited += is_satisfied ? 0 : demand.times;
        }
        // Where all are satisfied with more than there is the guess was too high.
        const double higher = limited > 0 ? left / limited : is_guess ? 0 : level;
        if (!is_guess && higher <= level * (1 + rounding)) return level;
        level = is_guess && higher < level ? 0 : higher;  // levels only rise towards the right one, so it must not begin above
    }
}

void Sharing::drop_stopped(LinkState& link) {
    std::erase_if(link.steps, [&](StepId step) { return flows_[step].rate == stopped; });
}

}  // namespace tokenyard
