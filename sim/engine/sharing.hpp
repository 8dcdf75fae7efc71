// Max-min fair sharing of links among the transfers that flow: the rule of both engines.
#pragma once

#include "model/fabric.hpp"
#include "model/timeline.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace tokenyard {

/// Progressive filling (Bertsekas and Gallager, Data Networks, 2nd ed., 6.5.2): the link with the least capacity for
/// each of its transfers fixes their rate; what is left of the other links is shared by the rest, and so on.
class RateSharing {
public:
    RateSharing(const Fabric& fabric, const TransferRoutes& routes);

    void start(std::uint32_t transfer);
    void stop(std::uint32_t transfer);
    const std::vector<std::uint32_t>& flowing() const { return flowing_; }

    /// Shares the capacities out anew.
    void share();

    /// Of a flowing transfer, in bytes per second. Pre: share() since the last start or stop.
    double rate(std::uint32_t transfer) const { return rate_[transfer]; }
    /// What flows over a link, in bytes per second.
    double load(LinkId link) const { return capacity_[link] - left_[link]; }
    bool is_saturated(LinkId link) const { return holding_rate_[link] < no_hold; }
    /// True when the link set this transfer's rate: it is full, and none of its transfers is faster.
    bool holds(LinkId link, std::uint32_t transfer) const { return holding_rate_[link] <= rate_[transfer] * (1 + slack); }
    const std::vector<LinkId>& used_links() const { return used_links_; }

private:
    static constexpr double slack = 1e-9;  // relative; rounding in a sum of a million rates stays below it
    static constexpr double no_hold = std::numeric_limits<double>::infinity();

    const TransferRoutes& routes_;
    std::vector<double> capacity_;                     // of each link, bytes per second
    std::vector<LinkId> used_links_;                   // those on any route
    std::vector<std::vector<std::uint32_t>> on_link_;  // of each link: its entries in routes.links that flow
    std::vector<std::uint32_t> transfer_of_;           // beside routes.links: whose entry it is
    std::vector<std::uint32_t> flowing_, place_;       // and where each stands in flowing_
    std::vector<std::uint32_t> place_on_link_;         // beside routes.links: where the transfer stands in on_link_
    std::vector<double> rate_;                         // of each transfer; below 0 while it is not fixed
    std::vector<double> left_, fastest_;               // of each link
    std::vector<double> holding_rate_;                 // of each link: its fastest transfer when full, else no_hold
    std::vector<std::uint32_t> open_;                  // of each link: transfers that are not fixed yet
};

}  // namespace tokenyard
