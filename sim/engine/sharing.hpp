// Max-min fair sharing of links among the steps that flow: the rule of both engines.
#pragma once

#include "model/fabric.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace tokenyard {

/// Progressive filling (Bertsekas and Gallager, Data Networks, 2nd ed., 6.5.2): the link with the least capacity for
/// each of its steps fixes their rate; what is left of the other links is shared by the rest, and so on. A step's cap is a
/// link of its own; a link that stands twice on a route counts twice.
class RateSharing {
public:
    /// `routes` is kept by reference.
    RateSharing(const Fabric& fabric, const Schedule& schedule, const Routes& routes);

    /// Pre: can_flow(step).
    void start(StepId step);
    void stop(StepId step);
    /// False for a step that nothing limits: it takes no time.
    bool can_flow(StepId step) const { return routes_.first[step] < routes_.first[step + 1] || cap_[step] < no_hold; }
    const std::vector<StepId>& flowing() const { return flowing_; }

    /// Shares the capacities out anew.
    void share();

    /// Of a flowing step, in bytes per second. Pre: share() since the last start or stop.
    double rate(StepId step) const { return rate_[step]; }
    /// What flows over a link, in bytes per second.
    double load(LinkId link) const { return capacity_[link] - left_[link]; }
    bool is_saturated(LinkId link) const { return holding_rate_[link] < no_hold; }
    /// True when the link set this step's rate: it is full, and none of its steps is faster.
    bool holds(LinkId link, StepId step) const { return holding_rate_[link] <= rate_[step] * (1 + slack); }
    bool is_capped(StepId step) const { return rate_[step] >= cap_[step] * (1 - slack); }
    const std::vector<LinkId>& used_links() const { return used_links_; }

private:
    static constexpr double slack = 1e-9;  // relative; rounding in a sum of a million rates stays below it
    static constexpr double no_hold = std::numeric_limits<double>::infinity();

    void fix(StepId step, double rate);

    const Routes& routes_;
    std::vector<double> capacity_;                     // of each link, bytes per second
    std::vector<double> cap_;                          // of each step
    std::vector<LinkId> used_links_;                   // those on any route
    std::vector<std::vector<std::uint32_t>> on_link_;  // of each link: its entries in routes.links that flow
    std::vector<StepId> step_of_;                      // beside routes.links: whose entry it is
    std::vector<StepId> flowing_;                      // and
    std::vector<std::uint32_t> place_;                 // where each stands in it
    std::vector<std::uint32_t> place_on_link_;         // beside routes.links: where the entry stands in on_link_
    std::vector<double> rate_;                         // of each step; below 0 while it is not fixed
    std::vector<double> left_, fastest_;               // of each link
    std::vector<double> holding_rate_;                 // of each link: its fastest step when full, else no_hold
    std::vector<std::uint32_t> open_;                  // of each link: entries whose steps are not fixed yet
    std::vector<StepId> capped_;                       // flowing steps with a cap, smallest first
};

}  // namespace tokenyard
