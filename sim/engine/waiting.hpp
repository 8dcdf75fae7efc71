// SPDX-License-Identifier: Apache-2.0
// Who waits for whom, seen from those that are waited for.
#pragma once

#include "model/schedule.hpp"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tokenyard {

/// The steps that wait for each step, in flat arrays, and how many each still waits for.
class Waiting {
public:
    Waiting() = default;
    explicit Waiting(const Schedule& schedule);
    /// `waits`: the earlier and the later step of each, sorted.
    Waiting(std::size_t steps, std::span<const std::pair<StepId, StepId>> waits);

    std::span<const StepId> waiters_of(StepId step) const {
        return std::span(waiters_).subspan(first_[step], first_[step + 1] - first_[step]);
    }
    /// Asks memory for where those of `step` are, which will be needed soon.
    void fetch(StepId step) const { __builtin_prefetch(&first_[step]); }
    void fetch_waiters(StepId step) const { __builtin_prefetch(waiters_.data() + first_[step]); }
    /// Of all that `step` waits for, how many have not been counted down yet.
    std::uint32_t& open(StepId step) { return open_[step]; }

private:
    std::vector<std::uint32_t> first_, open_;
    std::vector<StepId> waiters_;
};

}  // namespace tokenyard
