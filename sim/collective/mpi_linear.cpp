// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/mpi_messages.hpp"
#include "collective/steps.hpp"

namespace tokenyard {
namespace {

/// MPI_Alltoallv, basic linear: all receives are posted, then all sends, one after another in the order of ranks behind
/// one's own; then all are waited for. Source: Open MPI, ompi/mca/coll/base/coll_base_alltoallv.c, basic_linear.
std::vector<StepId> append_mpi_linear(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                      const std::vector<StepId>& ready, Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    const auto is_empty = [&](int source, int destination) { return exchange.volumes.at(source, destination).si == 0; };
    MpiMessages messages(fabric, costs.mpi, schedule);
    Ledger ledger(ranks);
    std::vector<StepId> posted;  // of each rank: its receives, then also its sends so far
    for (int rank = 0; rank < ranks; ++rank) {
        const StepId copied = messages.add_copy_to_self(exchange, rank, ready[static_cast<std::size_t>(rank)]);
        int receives = 0;
        for (int source = 0; source < ranks; ++source) receives += source != rank && !is_empty(source, rank);
        posted.push_back(messages.add_overhead(rank, receives, {&copied, 1}));
    }
    const std::vector<StepId> receives_posted = posted;
    for (int distance = 1; distance < ranks; ++distance)
        for (int source = 0; source < ranks; ++source) {
            const int destination = (source + distance) % ranks;
            if (is_empty(source, destination)) continue;
            StepId& sender = posted[static_cast<std::size_t>(source)];
            if (costs.mpi.overhead.si > 0) sender = messages.add_overhead(source, 1, {&sender, 1});
            ledger.note(schedule, messages.add(transfer(source, destination, exchange.volumes.at(source, destination)), sender,
                                               receives_posted[static_cast<std::size_t>(destination)]));
        }
    return ledger.close(posted, schedule);
}

}  // namespace

const Algorithm mpi_linear_algorithm{
    .name = "mpi-linear",
    .summary = "MPI_Alltoallv of Open MPI, basic linear: all sends and receives posted at once",
    .costs = "mpi",
    .append = append_mpi_linear,
};

}  // namespace tokenyard
