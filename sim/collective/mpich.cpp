// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/mpi_messages.hpp"
#include "collective/steps.hpp"

#include <algorithm>

namespace tokenyard {
namespace {

/// MPI_Alltoallv of MPICH, block by block.
class Blocks {
public:
    Blocks(const Exchange& exchange, const Fabric& fabric, const MpiCosts& costs, const std::vector<StepId>& ready,
           Schedule& schedule)
        : exchange_(exchange),
          costs_(costs),
          schedule_(schedule),
          messages_(fabric, costs, schedule),
          ranks_(exchange.volumes.rows()),
          before_(ready) {}

    std::vector<StepId> plan() {
        for (int first = 0; first < ranks_; first += costs_.block) add(first, std::min(first + costs_.block, ranks_));
        return before_;
    }

private:
    bool is_sent(int source, int destination) const {
        return source != destination && exchange_.volumes.at(source, destination).si > 0;
    }

    /// The peers that are so many ranks away, up to `end`: receives from those behind, then sends to those before, then all are
    /// waited for. A rank is its own first peer.
    void add(int first, int end) {
        Ledger ledger(ranks_);
        std::vector<StepId> receiving, posted;
        for (int rank = 0; rank < ranks_; ++rank) {
            const auto at = static_cast<std::size_t>(rank);
            if (first == 0) ledger.note_at(rank, messages_.add_copy_to_self(exchange_, rank, before_[at]));
            int receives = 0;
            for (int distance = first; distance < end; ++distance) receives += is_sent((rank + distance) % ranks_, rank);
            receiving.push_back(messages_.add_overhead(rank, receives, {&before_[at], 1}));
        }
        posted = receiving;
        std::vector<std::vector<StepId>> sends(static_cast<std::size_t>(ranks_));  // of each rank, by distance
        for (int rank = 0; rank < ranks_; ++rank)
            for (int distance = first; distance < end; ++distance) {
                StepId& sender = posted[static_cast<std::size_t>(rank)];
                if (costs_.overhead.si > 0 && is_sent(rank, (rank + ranks_ - distance) % ranks_))
                    sender = messages_.add_overhead(rank, 1, {&sender, 1});
                sends[static_cast<std::size_t>(rank)].push_back(sender);
            }
        for (int destination = 0; destination < ranks_; ++destination)
            receive(destination, first, end, sends, receiving[static_cast<std::size_t>(destination)], ledger);
        before_ = ledger.close(posted, schedule_);
    }

    void receive(int destination, int first, int end, const std::vector<std::vector<StepId>>& sends, StepId ready,
                 Ledger& ledger) {
        std::vector<int> sources;
        for (int distance = first; distance < end; ++distance)
            if (const int source = (destination + distance) % ranks_; is_sent(source, destination)) sources.push_back(source);
        for (const int source : messages_.order_at(destination, sources)) {
            const int distance = (source + ranks_ - destination) % ranks_;
            const Bytes volume = exchange_.volumes.at(source, destination);
            const StepId sender = sends[static_cast<std::size_t>(source)][static_cast<std::size_t>(distance - first)];
            for (const StepId part : messages_.add(transfer(source, destination, volume), sender, ready)) {
                ledger.note_at(destination, part);
                if (!messages_.is_eager(volume)) ledger.note_at(source, part);
            }
        }
    }

    const Exchange& exchange_;
    const MpiCosts& costs_;
    Schedule& schedule_;
    MpiMessages messages_;
    int ranks_;
    std::vector<StepId> before_;  // of each rank: what its next block waits for
};

/// Source: MPICH, src/mpi/coll/alltoallv/alltoallv_intra_scattered.c.
std::vector<StepId> append_mpich(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                 const std::vector<StepId>& ready, Schedule& schedule) {
    return Blocks(exchange, fabric, costs.mpi, ready, schedule).plan();
}

}  // namespace

const Algorithm mpich_algorithm{
    .name = "mpich",
    .summary = "MPI_Alltoallv of MPICH: sends and receives in blocks of 32 peers, each waited for",
    .costs = "mpi",
    .append = append_mpich,
};

}  // namespace tokenyard
