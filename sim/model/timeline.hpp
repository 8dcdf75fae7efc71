// What an engine finds out: when each transfer ran, what held it back, and what every link carried.
#pragma once

#include "model/fabric.hpp"
#include "model/units.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tokenyard {

/// The links of every transfer, one after another in flat arrays.
struct TransferRoutes {
    std::vector<std::uint32_t> first;  // of each transfer in `links`, and the total at the end
    std::vector<LinkId> links;
    std::vector<Seconds> latency;  // of each transfer

    std::size_t size() const { return latency.size(); }
    std::span<const LinkId> of(std::size_t transfer) const {
        return std::span(links).subspan(first[transfer], first[transfer + 1] - first[transfer]);
    }
};

/// A saturated link carries all it can.
struct LinkActivity {
    Bytes carried;
    Seconds saturated;                        // in all
    Seconds first_saturated, last_saturated;  // 0 and 0 when never
};

struct Timeline {
    TransferRoutes routes;
    std::vector<Seconds> start, end;     // of each transfer; it starts to flow after its latency
    std::vector<Seconds> held;           // beside routes.links: how long that link set that transfer's rate
    std::vector<LinkActivity> activity;  // of each link
    Seconds makespan;
    std::uint64_t rate_changes = 0;  // times that rates were shared out anew
    double delivery_error = 0;       // worst |carried - planned| / planned of a transfer
};

}  // namespace tokenyard
