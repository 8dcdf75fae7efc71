// What an engine finds out: when each step ran, what held it back, and what every link carried.
#pragma once

#include "model/fabric.hpp"
#include "model/units.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tokenyard {

/// The links of every step, one after another in flat arrays. A link that stands twice carries a step's bytes twice.
struct Routes {
    std::vector<std::uint32_t> first;  // of each step in `links`, and the total at the end
    std::vector<LinkId> links;
    std::vector<Seconds> latency;  // of each step

    std::size_t size() const { return latency.size(); }
    std::span<const LinkId> of(std::size_t step) const {
        return std::span(links).subspan(first[step], first[step + 1] - first[step]);
    }
};

/// A saturated link carries all it can.
struct LinkActivity {
    Bytes carried;
    Seconds saturated;                        // in all
    Seconds first_saturated, last_saturated;  // 0 and 0 when never
};

struct Timeline {
    Routes routes;
    std::vector<Seconds> start, end;     // of each step; it starts to flow after its delay and latency
    std::vector<Seconds> held;           // beside routes.links: how long that link set that step's rate
    std::vector<Seconds> capped;         // of each step: how long its own cap set its rate
    std::vector<LinkActivity> activity;  // of each link, the schedule's own at the end
    Seconds makespan;
    std::uint64_t rate_changes = 0;  // times that rates were shared out anew
    double delivery_error = 0;       // worst |carried - planned| / planned of a step
};

}  // namespace tokenyard
