// SPDX-License-Identifier: Apache-2.0
// What an engine finds out: when each step ran, what held it back, and what every link carried.
#pragma once

#include "model/fabric.hpp"
#include "model/schedule.hpp"
#include "model/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tokenyard {

/// A link that set a step's rate, and for how long in all.
struct Hold {
    LinkId link = no_link;
    Seconds time;
};

/// A saturated link carries all it can.
struct LinkActivity {
    Bytes carried;
    Seconds saturated;                        // in all
    Seconds first_saturated, last_saturated;  // 0 and 0 when never
};

/// What was carried when, in bins of equal width from time 0 on; the last one may reach beyond the makespan.
struct Course {
    Seconds bin;
    std::size_t bins = 0;
    std::vector<Bytes> carried;         // by link, then bin: LinkActivity::carried, spread over time
    std::vector<Bytes> sent, received;  // by rank, then bin; who passes bytes on receives and sends them

    std::span<const Bytes> row(const std::vector<Bytes>& table, std::size_t index) const {
        return std::span(table).subspan(index * bins, bins);
    }
};

struct Timeline {
    std::vector<Seconds> start, end;           // of each step; it starts to flow after its delay and latency
    std::vector<std::uint32_t> first_hold{0};  // of each step in `holds`, and the total at the end
    std::vector<Hold> holds;
    std::vector<Seconds> capped;         // of each step: how long its own cap set its rate; empty when none has one
    std::vector<LinkActivity> activity;  // of each link, the schedule's own at the end
    Seconds makespan;
    double accuracy = 0;             // how far the engine may have been off, as a part of the makespan; 0: exact but for rounding
    Seconds made_up;                 // of the makespan, what lies behind the last end: see held_to() in analysis/lower_bound.hpp
    std::uint64_t rate_changes = 0;  // times that a step got another rate
    double delivery_error = 0;       // worst |carried - planned| / planned of a step
    std::optional<Course> course;    // when it is asked for

    std::span<const Hold> holds_of(StepId step) const {
        return std::span(holds).subspan(first_hold[step], first_hold[step + 1] - first_hold[step]);
    }
    Seconds capped_time(StepId step) const { return capped.empty() ? Seconds{} : capped[step]; }
};

}  // namespace tokenyard
