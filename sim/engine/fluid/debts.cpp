// SPDX-License-Identifier: Apache-2.0
// What a link owes, or is owed, while its level is wrong, and when that has to be put right.
#include "engine/fluid/sharing.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tokenyard {

void Sharing::enqueue(LinkId link) {
    if (std::exchange(links_[link].is_queued, true)) return;
    queue_.push_back(link);
}

/// Where nothing may be wrong the level is now.
void Sharing::add_strict_load(LinkId id, double rate, double now) {
    LinkState& link = links_[id];
    link.updated = now;
    link.load += rate;
    const double off_by = link.load - (is_full(id) ? link.goal : link.capacity), nothing = rounding_of_loads * link.capacity;
    // One that others fill to the brim is full as well, and holds its steps together with them.
    if (is_full(id) ? std::abs(off_by) > nothing : off_by > -nothing) enqueue(id);
}

/// A load changes with each of a thousand steps at once: when it will have been wrong for too long is found out once.
void Sharing::plan_touched(double now) {
    for (const LinkId id : touched_) {
        links_[id].is_touched = false;
        plan_settling(id, now);
    }
    touched_.clear();
}

void Sharing::note_debt(LinkId id, double now) {
    LinkState& link = links_[id];
    if (is_strict_) {
        link.updated = now;
        return;
    }
    // What a link with room to spare leaves unused nobody wanted. An older debt stays: the next link on the way may work off the
    // same.
    if (is_full(id) || link.load > link.capacity * (1 + slack)) link.debt += (link.capacity - link.load) * (now - link.updated);
    link.updated = now;
}

void Sharing::plan_settling(LinkId id, double now) {
    const LinkState& link = links_[id];
    if (is_strict_) return;
    Settling& due = settlings_due_[id] = {};
    if (link.crossings == 0 || (!is_full(id) && link.load <= link.capacity * (1 + slack))) return;
    const double growth = link.capacity - link.load;
    if (std::abs(growth) <= slack * link.capacity) return;
    constexpr double soon = 0.75;  // fewer levels are put right with more, but they disturb each other
    const double allowed = patience() * bearing(link);
    const double before = growth > 0 ? std::max(link.debt_before, 0.0) : -std::min(link.debt_before, 0.0);
    const double debt = growth > 0 ? link.debt : -link.debt, per_second = 1 / std::abs(growth);
    due.most = now + std::max((before + soon * allowed - debt) * per_second, 0.0);
    due.whole = now + std::max((before + allowed - debt) * per_second, 0.0);
    next_settling_ = std::min(next_settling_, due.whole);
}

/// The capacity that is shared out: its debt is worked off within the window, which is as long as the last one was.
double Sharing::target(LinkId id, double now) {
    LinkState& link = links_[id];
    if (is_strict_) return link.goal = link.capacity;
    if (now == link.put_right) return link.goal;
    constexpr double shortest = 4, most = 0.2;  // in patiences; a part of the capacity
    link.window = std::max(now - link.put_right, shortest * patience());
    link.goal = link.capacity + std::clamp(link.debt / link.window, -most * link.capacity, most * link.capacity);
    return link.goal;
}

void Sharing::set_level(LinkId id, double level, double now) {
    const bool was_full = is_full(id);
    levels_[id] = level;
    LinkState& link = links_[id];
    if (was_full == is_full(id)) return;
    if (is_full(id)) {
        link.full_since = now;
        return;
    }
    LinkHistory& history = link.history;
    if (now > link.full_since) {
        if (history.full == 0) history.first_full = link.full_since;
        history.full += now - link.full_since;
        history.last_full = now;
    }
}

}  // namespace tokenyard
