// SPDX-License-Identifier: Apache-2.0
// A step that flows, in one cache line: what is needed of it whenever its rate changes.
#pragma once

#include "engine/fluid/problem.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>

namespace tokenyard {

struct alignas(64) Flow {
    static constexpr double stopped = -2, unfixed = -1;  // rates of steps that do not flow, and that have none yet
    static constexpr double never = std::numeric_limits<double>::infinity();
    using Holders = std::uint32_t;  // a bit for each of a step's crossings, and one for its cap: what sets its rate

    double left = 0;        // bytes that it had to carry at `since`
    double rate = stopped;  // bytes per second; stopped, unfixed; 0: just started
    double since = 0;       // seconds
    double said = never;    // when it was said to be due

    /// When it will have carried its bytes at the rate that it has, in seconds.
    double due() const { return since + std::max(left, 0.0) / rate; }
    /// Bytes that it will have to carry at `time`, if it keeps its rate.
    double left_at(double time) const { return left - rate * (time - since); }

    /// Keeps short ways here, of links with small numbers that are crossed a whole number of times; of others, which are the
    /// `crossings` of the problem from `first` on, where they are.
    void set_crossings(std::span<const Crossing> crossings, std::uint32_t first) {
        const auto fits = [](const Crossing& crossing) {
            return crossing.link <= link_bits && crossing.times <= most_times &&
                   crossing.times == static_cast<float>(as_count(crossing));
        };
        is_near_ = crossings.size() <= most_near && std::ranges::all_of(crossings, fits);
        if (is_near_) {
            count_ = static_cast<std::uint8_t>(crossings.size());
            std::ranges::transform(crossings, near_.begin(),
                                   [](const Crossing& crossing) { return as_count(crossing) << times_shift | crossing.link; });
        } else {
            near_[0] = first;
            near_[1] = static_cast<std::uint32_t>(crossings.size());
        }
    }
    /// Calls `use(link, times)` for each crossing, in the order of the way. `all`: the problem's crossings.
    template <class Use>
    void for_each_crossing(const Crossing* all, const Use& use) const {
        if (is_near_)
            for (std::size_t i = 0; i < count_; ++i) use(near_[i] & link_bits, static_cast<double>(near_[i] >> times_shift));
        else
            for (const Crossing& crossing : std::span(all + near_[0], near_[1]))
                use(crossing.link, static_cast<double>(crossing.times));
    }
    /// Of a way that is not kept here: its first place among the problem's crossings.
    std::uint32_t first_far() const { return near_[0]; }

    static constexpr std::size_t most_near = 6;
    bool is_near() const { return is_near_; }
    Holders holders = 0;  // at `since`

private:
    static constexpr std::uint32_t times_shift = 24, link_bits = (1u << times_shift) - 1;
    static constexpr float most_times = 255;
    static std::uint32_t as_count(const Crossing& crossing) { return static_cast<std::uint32_t>(crossing.times); }

    std::array<std::uint32_t, most_near> near_{};  // link, and how often it is crossed in the upper bits; else first and count
    std::uint8_t count_ = 0;
    bool is_near_ = true;
};
static_assert(sizeof(Flow) == 64);

/// What held a step back so far, which is asked for less often: the seconds for which each crossing of a short way set its rate,
/// up to when its holders began to be what they are.
struct alignas(64) Held {
    double since = 0;
    std::array<double, Flow::most_near> near{};
};

}  // namespace tokenyard
