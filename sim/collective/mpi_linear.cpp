// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/mpi_messages.hpp"
#include "collective/steps.hpp"

namespace tokenyard {
namespace {

/// MPI_Alltoallv, basic linear: all receives are posted, then all sends, one after another to ranks 0 to n - 1; then all are
/// waited for. MPI_Alltoall's (mpi.linear_order) begins with the rank before its own and goes downwards.
/// Source: Open MPI, ompi/mca/coll/base: coll_base_alltoallv.c and coll_base_alltoall.c, basic_linear.
std::vector<StepId> append_mpi_linear(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                      const std::vector<StepId>& ready, Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    const bool is_rotated = costs.mpi.linear_order == linear_rotated;
    const auto is_sent = [&](int source, int destination) {
        return source != destination && exchange.volumes.at(source, destination).si > 0;
    };
    MpiMessages messages(fabric, costs.mpi, schedule);
    Ledger ledger(ranks);
    std::vector<StepId> posted;  // of each rank: its receives, then also its sends so far
    for (int rank = 0; rank < ranks; ++rank) {
        const StepId copied = messages.add_copy_to_self(exchange, rank, ready[static_cast<std::size_t>(rank)]);
        int receives = 0;
        for (int source = 0; source < ranks; ++source) receives += is_sent(source, rank);
        posted.push_back(messages.add_overhead(rank, receives, {&copied, 1}));
    }
    const std::vector<StepId> receives_posted = posted;
    std::vector<std::vector<int>> sources(static_cast<std::size_t>(ranks));  // of each destination, as they post
    std::vector<std::vector<StepId>> sends(static_cast<std::size_t>(ranks), std::vector<StepId>(static_cast<std::size_t>(ranks)));
    for (int turn = 0; turn < ranks; ++turn)
        for (int source = 0; source < ranks; ++source) {
            const int destination = is_rotated ? (source + ranks - turn) % ranks : turn;
            if (!is_sent(source, destination)) continue;
            StepId& sender = posted[static_cast<std::size_t>(source)];
            if (costs.mpi.overhead.si > 0) sender = messages.add_overhead(source, 1, {&sender, 1});
            sends[static_cast<std::size_t>(source)][static_cast<std::size_t>(destination)] = sender;
            sources[static_cast<std::size_t>(destination)].push_back(source);
        }
    for (int destination = 0; destination < ranks; ++destination)
        for (const int source : messages.order_at(destination, sources[static_cast<std::size_t>(destination)]))
            ledger.note(schedule, messages.add(transfer(source, destination, exchange.volumes.at(source, destination)),
                                               sends[static_cast<std::size_t>(source)][static_cast<std::size_t>(destination)],
                                               receives_posted[static_cast<std::size_t>(destination)]));
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
