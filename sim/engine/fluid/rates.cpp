// SPDX-License-Identifier: Apache-2.0
// The rate of a single step, and what set it for how long.
#include "engine/fluid/sharing.hpp"

#include <bit>
#include <utility>

namespace tokenyard {

/// What set the step's rate since the last time that anything of it changed.
void Sharing::book(StepId step, double now, Holders holders) {
    Flow& flow = flows_[step];
    const double time = now - std::exchange(flow.since, now), rate = flow.rate;
    if (time <= 0 || rate <= 0) return;
    flow.left -= rate * time;
    if (recorder_) recorder_->add(step, now - time, now, rate);
    if (holders == flow.holders) return;
    settle_holders(step, flow, now - time);
    flow.holders = holders;
}

/// A step can be held by several links at once, as in a uniform exchange, and by its cap: they share the time.
Sharing::Holders Sharing::holders_of(StepId step, const Flow& flow) const {
    Holders holders = holders_by_cap(flow, problem_.cap_of(step));
    std::size_t place = 0;
    for_each_crossing(flow, [&](LinkId id, double) { holders |= holder_at(place++, levels_[id], flow.rate); });
    return holders;
}

void Sharing::settle_holders(StepId step, const Flow& flow, double until) {
    const double time = until - std::exchange(held_[step].since, until);
    if (flow.holders == 0) return;
    const double share = time / std::popcount(flow.holders);
    if (flow.holders & by_cap) capped_[step] += share;
    double* const held = flow.is_near() ? held_[step].near.data() : held_far_.data() + flow.first_far();
    for (Holders left = flow.holders & ~by_cap; left != 0; left &= left - 1) held[std::countr_zero(left)] += share;
}

void Sharing::set_rate(StepId step, double rate, double now) {
    book(step, now);
    change_rate(step, rate, now);
}

/// Pre: it has been booked.
void Sharing::change_rate(StepId step, double rate, double now) {
    Flow& flow = flows_[step];
    flow.rate = rate;
    // What is due no earlier than it was said need not be told when, which would take a division.
    if (flow.left < (flow.said - now) * rate) changed_.push_back({say(step), step});
    ++rate_changes_;
}

}  // namespace tokenyard
