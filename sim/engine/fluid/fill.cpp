// SPDX-License-Identifier: Apache-2.0
// Progressive filling of all links at once.
#include "engine/fluid/sharing.hpp"

#include <algorithm>
#include <numeric>
#include <queue>

namespace tokenyard {
namespace {

struct Candidate {
    double level;
    LinkId link;
    bool operator>(const Candidate& other) const { return level != other.level ? level > other.level : link > other.link; }
};

}  // namespace

/// Places all caps in order once, so that sorting the steps that flow takes no comparing.
void Sharing::sort_caps() {
    capped_.resize(problem_.cap.size());
    std::vector<double> caps = problem_.cap;
    std::sort(caps.begin(), caps.end());
    caps.erase(std::unique(caps.begin(), caps.end()), caps.end());
    if (caps.back() == Problem::no_cap) caps.pop_back();
    for (const double cap : problem_.cap)
        cap_class_.push_back(static_cast<std::uint32_t>(std::lower_bound(caps.begin(), caps.end(), cap) - caps.begin()));
    class_count_ = static_cast<std::uint32_t>(caps.size());
}

/// The flowing steps that have a cap, smallest first.
void Sharing::collect_capped() {
    next_cap_ = 0;
    by_cap_.clear();
    if (class_count_ == 0) return;
    std::vector<std::uint32_t> first(class_count_ + 1);
    for (const StepId step : flowing_)
        if (cap_class_[step] < class_count_) ++first[cap_class_[step] + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    by_cap_.resize(first.back());
    for (const StepId step : flowing_)
        if (cap_class_[step] < class_count_) by_cap_[first[cap_class_[step]]++] = step;
}

void Sharing::fix(StepId step, double rate) {
    Flow& flow = flows_[step];
    flow.rate = rate;
    for_each_crossing(flow, [&](LinkId id, double times) {
        room_[id] -= rate * times;
        open_[id] -= times;
        fastest_[id] = rate;
    });
}

void Sharing::fix_capped_below(double level) {
    for (; next_cap_ < by_cap_.size() && problem_.cap[by_cap_[next_cap_]] <= level; ++next_cap_)
        if (const StepId step = by_cap_[next_cap_]; flows_[step].rate == unfixed) fix(step, problem_.cap[step]);
}

/// The link with the least capacity for each of its steps fixes their rate; what is left of the other links is shared by the
/// rest, and so on.
void Sharing::fill(double now) {
    std::erase_if(flowing_, [&](StepId step) { return flows_[step].rate == stopped; });
    for (const StepId step : flowing_) {
        book(step, now);
        flows_[step].rate = unfixed;
    }
    if (is_strict_) strict_work_ += flowing_.size();
    collect_capped();
    std::vector<Candidate> storage;
    storage.reserve(used_links_.size());
    for (const LinkId id : used_links_) {
        const LinkState& link = links_[id];
        if (link.crossings == 0) continue;
        note_debt(id, now);
        room_[id] = target(id, now);
        yielding_[id] = 0;
        open_[id] = link.crossings;
        fastest_[id] = 0;
        storage.push_back({room_[id] / open_[id], id});
    }
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> tightest(std::greater<>{}, std::move(storage));
    while (!tightest.empty()) {
        const Candidate candidate = tightest.top();
        fix_capped_below(candidate.level);
        tightest.pop();
        if (open_[candidate.link] <= 0) continue;
        // Levels only grow as others are fixed, so an outdated candidate comes too early, never too late.
        const double level = room_[candidate.link] / open_[candidate.link];
        if (level > candidate.level) {
            tightest.push({level, candidate.link});
            continue;
        }
        yielding_[candidate.link] = room_[candidate.link];
        std::vector<StepId>& steps = links_[candidate.link].steps;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            fetch_ahead(steps, i);
            const StepId step = steps[i];
            if (flows_[step].rate == stopped) continue;
            steps[kept++] = step;
            if (flows_[step].rate == unfixed) fix(step, std::max(level, 0.0));
        }
        steps.resize(kept);
    }
    fix_capped_below(Problem::no_cap);  // those without any link
    take_over_levels(now);
    rate_changes_ += flowing_.size();
    changed_all_ = true;
}

void Sharing::take_over_levels(double now) {
    give_up_queue();
    next_settling_ = unlimited;
    for (const LinkId id : used_links_) {
        LinkState& link = links_[id];
        if (link.crossings == 0) continue;
        link.load = link.goal - room_[id];
        link.yielding = yielding_[id];
        set_level(id, room_[id] <= link.goal * slack ? fastest_[id] : unlimited, now);
        link.debt_before = link.debt;
        link.put_right = now;
        plan_settling(id, now);
    }
}

}  // namespace tokenyard
