// SPDX-License-Identifier: Apache-2.0
#include "engine/waiting.hpp"

#include <numeric>

namespace tokenyard {

Waiting::Waiting(const Schedule& schedule) : first_(schedule.steps().size() + 1), open_(schedule.steps().size()) {
    const auto count = static_cast<StepId>(schedule.steps().size());
    for (StepId step = 0; step < count; ++step) {
        open_[step] = static_cast<std::uint32_t>(schedule.waits_of(step).size());
        for (const StepId earlier : schedule.waits_of(step)) ++first_[earlier + 1];
    }
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    waiters_.resize(first_.back());
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (StepId step = 0; step < count; ++step)
        for (const StepId earlier : schedule.waits_of(step)) waiters_[next[earlier]++] = step;
}

Waiting::Waiting(std::size_t steps, std::span<const std::pair<StepId, StepId>> waits) : first_(steps + 1), open_(steps) {
    for (const auto& [earlier, later] : waits) {
        ++first_[earlier + 1];
        ++open_[later];
        waiters_.push_back(later);
    }
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
}

}  // namespace tokenyard
