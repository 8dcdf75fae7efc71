// SPDX-License-Identifier: Apache-2.0
// Every SimGrid setting that we do not leave to its defaults, with the reason.
#pragma once

#include <array>
#include <string_view>

namespace tokenyard {

/// SimGrid's defaults model TCP over the Internet; NVLink and InfiniBand do not behave so.
struct SimgridSetting {
    std::string_view name, value;
    bool decides_results;  // then it is printed in the report
};

inline constexpr std::array simgrid_settings{
    // LV08 would multiply latency by 13.01 and bandwidth by 0.97, which were fitted to TCP.
    SimgridSetting{"network/model", "CM02", true},
    // Acknowledgements do not take 5 % of the reverse direction here.
    SimgridSetting{"network/crosstraffic", "0", true},
    // No TCP window: it would cap a transfer at window / round trip.
    SimgridSetting{"network/TCP-gamma", "0", true},
    // No weight by latency; latency is a delay before a transfer flows (links have none), so that sharing is fair.
    SimgridSetting{"network/weight-S", "0", true},
    SimgridSetting{"network/bandwidth-factor", "1", true},
    SimgridSetting{"network/latency-factor", "1", true},
    // Solving the whole system at each event is about twice as fast as the lazy updates when all links are coupled.
    SimgridSetting{"network/optim", "Full", false},
    // Time is in microseconds and rates in bytes a microsecond in there: 1e-9 us, and 1e-9 of 50,000 B/us.
    SimgridSetting{"surf/precision", "1e-9", true},
    SimgridSetting{"maxmin/precision", "1e-9", true},
    // Each step is an actor with a stack of its own: 8 MiB and a guard page, the default, would run out of mappings.
    SimgridSetting{"contexts/stack-size", "64", false},
    SimgridSetting{"contexts/guard-size", "0", false},
};

}  // namespace tokenyard
