// SPDX-License-Identifier: Apache-2.0
// What the fluid engine works on: a schedule on its links as flat arrays.
#pragma once

#include "engine/fluid/large_pages.hpp"
#include "engine/waiting.hpp"
#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace tokenyard {

/// A link that a step crosses, and how often its bytes do.
struct Crossing {
    LinkId link = no_link;
    float times = 1;
};

/// Steps by what decides when they end, in SI units.
struct Problem {
    static constexpr double no_cap = std::numeric_limits<double>::infinity();

    std::vector<double> capacity;                  // of each link
    std::vector<double> volume;                    // of each step
    std::vector<double> delay;                     // of each step: its delay and the latency of its way
    std::vector<double> cap;                       // of each step, or empty when none has one
    std::vector<std::uint32_t> first_crossing{0};  // of each step in `crossings`, and the total at the end
    LargeTable<Crossing> crossings;
    Waiting waiting;

    StepId step_count() const { return static_cast<StepId>(volume.size()); }
    std::span<const Crossing> crossings_of(StepId step) const {
        return std::span(crossings).subspan(first_crossing[step], first_crossing[step + 1] - first_crossing[step]);
    }
    double cap_of(StepId step) const { return cap.empty() ? no_cap : cap[step]; }
    /// False for a step that nothing limits, or without bytes: it takes no time.
    bool can_flow(StepId step) const {
        return volume[step] > 0 && (first_crossing[step] < first_crossing[step + 1] || cap_of(step) < no_cap);
    }
};

/// Every step, with those of its links that can hold anything back. A link is left out when what feeds it
/// always fills first: each of its steps crosses a slower link too, and all those slower links together bring no more than it
/// can carry.
Problem make_problem(const Fabric& fabric, const Schedule& schedule);

}  // namespace tokenyard
