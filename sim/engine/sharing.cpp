#include "engine/sharing.hpp"

#include <algorithm>
#include <cassert>
#include <queue>

namespace tokenyard {

RateSharing::RateSharing(const Fabric& fabric, const Schedule& schedule, const Routes& routes)
    : routes_(routes),
      on_link_(link_count(fabric, schedule)),
      place_(routes.size()),
      place_on_link_(routes.links.size()),
      rate_(routes.size()),
      left_(link_count(fabric, schedule)),
      fastest_(link_count(fabric, schedule)),
      holding_rate_(link_count(fabric, schedule), no_hold),
      open_(link_count(fabric, schedule)) {
    for (LinkId link = 0; link < link_count(fabric, schedule); ++link)
        capacity_.push_back(link_of(fabric, schedule, link).capacity.si);
    left_ = capacity_;
    for (const Step& step : schedule.steps()) cap_.push_back(step.cap.si > 0 ? step.cap.si : no_hold);
    for (StepId step = 0; step < routes.size(); ++step) step_of_.insert(step_of_.end(), routes.of(step).size(), step);
    used_links_ = routes.links;
    std::sort(used_links_.begin(), used_links_.end());
    used_links_.erase(std::unique(used_links_.begin(), used_links_.end()), used_links_.end());
}

void RateSharing::start(StepId step) {
    assert(can_flow(step));
    place_[step] = static_cast<std::uint32_t>(flowing_.size());
    flowing_.push_back(step);
    for (std::uint32_t i = routes_.first[step]; i < routes_.first[step + 1]; ++i) {
        std::vector<std::uint32_t>& on = on_link_[routes_.links[i]];
        place_on_link_[i] = static_cast<std::uint32_t>(on.size());
        on.push_back(i);
    }
}

void RateSharing::stop(StepId step) {
    const StepId last = flowing_.back();
    flowing_[place_[step]] = last;
    place_[last] = place_[step];
    flowing_.pop_back();
    for (std::uint32_t i = routes_.first[step]; i < routes_.first[step + 1]; ++i) {
        std::vector<std::uint32_t>& on = on_link_[routes_.links[i]];
        const std::uint32_t moved = on.back();
        on[place_on_link_[i]] = moved;
        place_on_link_[moved] = place_on_link_[i];
        on.pop_back();
    }
}

void RateSharing::fix(StepId step, double rate) {
    rate_[step] = rate;
    for (const LinkId link : routes_.of(step)) {
        left_[link] -= rate;
        fastest_[link] = rate;
        --open_[link];
    }
}

void RateSharing::share() {
    struct Candidate {
        double share;
        LinkId link;
        bool operator>(const Candidate& other) const { return share != other.share ? share > other.share : link > other.link; }
    };
    std::vector<Candidate> storage;
    storage.reserve(used_links_.size());
    for (const LinkId link : used_links_) {
        left_[link] = capacity_[link];
        fastest_[link] = 0;
        open_[link] = static_cast<std::uint32_t>(on_link_[link].size());
        if (open_[link] > 0) storage.push_back({capacity_[link] / open_[link], link});
    }
    capped_.clear();
    for (const StepId step : flowing_) {
        rate_[step] = -1;
        if (cap_[step] < no_hold) capped_.push_back(step);
    }
    std::sort(capped_.begin(), capped_.end(), [&](StepId a, StepId b) { return cap_[a] != cap_[b] ? cap_[a] < cap_[b] : a < b; });
    std::size_t next_cap = 0;
    const auto fix_capped_below = [&](double share) {
        for (; next_cap < capped_.size() && cap_[capped_[next_cap]] <= share; ++next_cap)
            if (rate_[capped_[next_cap]] < 0) fix(capped_[next_cap], cap_[capped_[next_cap]]);
    };
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> tightest(std::greater<>{}, std::move(storage));
    while (!tightest.empty()) {
        const Candidate candidate = tightest.top();
        fix_capped_below(candidate.share);
        tightest.pop();
        if (open_[candidate.link] == 0) continue;
        // Shares only grow as others are fixed, so an outdated entry comes too early, never too late.
        const double share = left_[candidate.link] / open_[candidate.link];
        if (share > candidate.share) {
            tightest.push({share, candidate.link});
            continue;
        }
        for (const std::uint32_t entry : on_link_[candidate.link])
            if (rate_[step_of_[entry]] < 0) fix(step_of_[entry], std::max(share, 0.0));
    }
    fix_capped_below(no_hold);  // those without any link
    for (const LinkId link : used_links_) holding_rate_[link] = left_[link] <= capacity_[link] * slack ? fastest_[link] : no_hold;
}

}  // namespace tokenyard
