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

/// An eager message leaves when it is sent; a larger one asks its receiver first (rendezvous). Where senders send it, that costs
/// a way there and back, and it leaves when both are ready. Where the receiver's NIC fetches it (mpi.gets), its request comes
/// with its first bytes (mpi.rendezvous_eager); the NIC has so many places, and in each of them one get behind the other: its own
/// time, a way to the sender, and the rest on the way back.
class MpiMessages {
public:
    /// All three are kept by reference.
    MpiMessages(const Fabric& fabric, const MpiCosts& costs, Schedule& schedule)
        : fabric_(fabric), costs_(costs), schedule_(schedule) {}

    bool is_eager(Bytes volume) const { return volume <= costs_.eager_limit; }

    /// Appends a message between two ranks that are ready behind these steps; one of 0 bytes is its latency only. A receiver's
    /// messages are fetched in the order in which they are added.
    std::vector<StepId> add(const Step& message, StepId sender_ready, StepId receiver_ready);

    /// The sources of a destination's messages in the order in which to add them. Where its NIC fetches them, that is one that no
    /// sender knows and that is another one at each receiver: ranks do not reach a collective at the same time to the
    /// microsecond, so that requests come in as they come. Else as given.
    std::vector<int> order_at(int destination, std::vector<int> sources) const;

    /// One rank's CPU time for so many messages.
    StepId add_overhead(int rank, int messages, std::span<const StepId> waits_for);

    /// A rank copies what it sends to itself: read once, written once.
    StepId add_copy_to_self(const Exchange& exchange, int rank, StepId ready);

private:
    /// Where the receiver's NIC has gets under way: of each place, what it fetched last.
    struct Places {
        std::vector<std::vector<StepId>> last;
        std::size_t next = 0;
    };

    std::vector<StepId> fetch(Step message, StepId sender_ready, StepId receiver_ready);
    std::vector<StepId>& place_at(int destination);
    Seconds latency(int source, int destination);

    const Fabric& fabric_;
    const MpiCosts& costs_;
    Schedule& schedule_;
    std::vector<Places> places_;  // of each destination
    std::vector<LinkId> route_;
};

}  // namespace tokenyard
