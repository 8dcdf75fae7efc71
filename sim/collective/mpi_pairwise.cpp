// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/mpi_messages.hpp"
#include "collective/steps.hpp"

namespace tokenyard {
namespace {

/// MPI_Alltoallv, pairwise: in step s a rank sends to rank + s and receives from rank - s, and waits for both.
/// Source: Open MPI, ompi/mca/coll/base/coll_base_alltoallv.c, pairwise.
std::vector<StepId> append_mpi_pairwise(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                        const std::vector<StepId>& ready, Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    MpiMessages messages(fabric, costs.mpi, schedule);
    std::vector<std::vector<StepId>> before(static_cast<std::size_t>(ranks));  // what each rank's next step waits for
    for (int rank = 0; rank < ranks; ++rank)
        before[static_cast<std::size_t>(rank)] = {
            messages.add_copy_to_self(exchange, rank, ready[static_cast<std::size_t>(rank)])};
    for (int distance = 1; distance < ranks; ++distance) {
        std::vector<StepId> begun;
        for (int rank = 0; rank < ranks; ++rank)
            begun.push_back(messages.add_overhead(rank, 2, before[static_cast<std::size_t>(rank)]));
        for (int rank = 0; rank < ranks; ++rank) before[static_cast<std::size_t>(rank)] = {begun[static_cast<std::size_t>(rank)]};
        for (int source = 0; source < ranks; ++source) {
            const int destination = (source + distance) % ranks;
            const Bytes volume = exchange.volumes.at(source, destination);
            for (const StepId part : messages.add(transfer(source, destination, volume), begun[static_cast<std::size_t>(source)],
                                                  begun[static_cast<std::size_t>(destination)])) {
                before[static_cast<std::size_t>(destination)].push_back(part);
                if (!messages.is_eager(volume)) before[static_cast<std::size_t>(source)].push_back(part);
            }
        }
    }
    std::vector<StepId> done;
    for (int rank = 0; rank < ranks; ++rank)
        done.push_back(add_pause(rank, {}, Delay::none, before[static_cast<std::size_t>(rank)], schedule));
    return done;
}

}  // namespace

const Algorithm mpi_pairwise_algorithm{
    .name = "mpi-pairwise",
    .summary = "MPI_Alltoallv of Open MPI, pairwise: n - 1 steps, each with one rank to send to",
    .costs = "mpi",
    .append = append_mpi_pairwise,
};

}  // namespace tokenyard
