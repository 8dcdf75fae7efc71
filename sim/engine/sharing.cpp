#include "engine/sharing.hpp"

#include <algorithm>
#include <cassert>
#include <queue>

namespace tokenyard {

RateSharing::RateSharing(const Fabric& fabric, const TransferRoutes& routes)
    : routes_(routes),
      on_link_(fabric.links.size()),
      place_(routes.size()),
      place_on_link_(routes.links.size()),
      rate_(routes.size()),
      left_(fabric.links.size()),
      fastest_(fabric.links.size()),
      holding_rate_(fabric.links.size(), no_hold),
      open_(fabric.links.size()) {
    for (const Link& link : fabric.links) capacity_.push_back(link.capacity.si);
    left_ = capacity_;
    for (std::uint32_t transfer = 0; transfer < routes.size(); ++transfer)
        transfer_of_.insert(transfer_of_.end(), routes.of(transfer).size(), transfer);
    used_links_ = routes.links;
    std::sort(used_links_.begin(), used_links_.end());
    used_links_.erase(std::unique(used_links_.begin(), used_links_.end()), used_links_.end());
}

void RateSharing::start(std::uint32_t transfer) {
    place_[transfer] = static_cast<std::uint32_t>(flowing_.size());
    flowing_.push_back(transfer);
    for (std::uint32_t i = routes_.first[transfer]; i < routes_.first[transfer + 1]; ++i) {
        std::vector<std::uint32_t>& on = on_link_[routes_.links[i]];
        place_on_link_[i] = static_cast<std::uint32_t>(on.size());
        on.push_back(i);
    }
}

void RateSharing::stop(std::uint32_t transfer) {
    const std::uint32_t last = flowing_.back();
    flowing_[place_[transfer]] = last;
    place_[last] = place_[transfer];
    flowing_.pop_back();
    for (std::uint32_t i = routes_.first[transfer]; i < routes_.first[transfer + 1]; ++i) {
        std::vector<std::uint32_t>& on = on_link_[routes_.links[i]];
        const std::uint32_t moved = on.back();
        on[place_on_link_[i]] = moved;
        place_on_link_[moved] = place_on_link_[i];
        on.pop_back();
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
    for (const std::uint32_t transfer : flowing_) rate_[transfer] = -1;
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> tightest(std::greater<>{}, std::move(storage));
    while (!tightest.empty()) {
        const Candidate candidate = tightest.top();
        tightest.pop();
        if (open_[candidate.link] == 0) continue;
        // Shares only grow as others are fixed, so an outdated entry comes too early, never too late.
        const double share = left_[candidate.link] / open_[candidate.link];
        if (share > candidate.share) {
            tightest.push({share, candidate.link});
            continue;
        }
        const double fixed = std::max(share, 0.0);
        for (const std::uint32_t entry : on_link_[candidate.link]) {
            const std::uint32_t transfer = transfer_of_[entry];
            if (rate_[transfer] >= 0) continue;
            rate_[transfer] = fixed;
            for (const LinkId link : routes_.of(transfer)) {
                left_[link] -= fixed;
                fastest_[link] = fixed;
                --open_[link];
            }
        }
    }
    for (const LinkId link : used_links_) holding_rate_[link] = left_[link] <= capacity_[link] * slack ? fastest_[link] : no_hold;
}

}  // namespace tokenyard
