// SPDX-License-Identifier: Apache-2.0
// Messages of MPI, which its algorithms share.
#pragma once

#include "model/costs.hpp"
#include "model/exchange.hpp"
#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <span>
#include <vector>

namespace tokenyard {

/// An eager message leaves when it is sent; a larger one asks its receiver first, which costs a way there and back, and
/// leaves when both are ready (rendezvous).
class MpiMessages {
public:
    /// All three are kept by reference.
    MpiMessages(const Fabric& fabric, const MpiCosts& costs, Schedule& schedule)
        : fabric_(fabric), costs_(costs), schedule_(schedule) {}

    bool is_eager(Bytes volume) const { return volume <= costs_.eager_limit; }

    /// Appends a message between two ranks that are ready behind these steps; one of 0 bytes is its latency only.
    std::vector<StepId> add(Step message, StepId sender_ready, StepId receiver_ready);

    /// One rank's CPU time for so many messages.
    StepId add_overhead(int rank, int messages, std::span<const StepId> waits_for);

    /// A rank copies what it sends to itself: read once, written once.
    StepId add_copy_to_self(const Exchange& exchange, int rank, StepId ready);

private:
    Seconds latency(int source, int destination);

    const Fabric& fabric_;
    const MpiCosts& costs_;
    Schedule& schedule_;
    std::vector<LinkId> route_;
};

}  // namespace tokenyard
