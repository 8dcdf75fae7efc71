// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/mpi_messages.hpp"
#include "collective/steps.hpp"

#include <bit>

namespace tokenyard {
namespace {

std::string refuses_unequal_sizes(const Exchange& exchange, const Fabric&, const Costs&) {
    return refuses_unequal_pairs(exchange, " (MPI_Alltoall)");
}

/// MPI_Alltoall after Bruck: in phase p a rank sends all blocks whose distance has bit p set to rank + 2^p, so that each
/// block travels in at most log2 n hops. Equal sizes only.
/// Source: J. Bruck et al., IEEE TPDS 8(11), 1997; Open MPI, coll_base_alltoall.c, bruck.
std::vector<StepId> append_mpi_bruck(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                     const std::vector<StepId>& ready, Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    const Bytes block = exchange.volumes.at(0, 1);
    MpiMessages messages(fabric, costs.mpi, schedule);
    std::vector<StepId> before;
    for (int rank = 0; rank < ranks; ++rank) {  // all blocks are turned so that block b is for the rank b further on
        schedule.kept += exchange.volumes.at(rank, rank);
        before.push_back(add_copy(rank, block * ranks, 2, {&ready[static_cast<std::size_t>(rank)], 1}, schedule));
    }
    for (int distance = 1; distance < ranks; distance *= 2) {
        int sent = 0, arrived = 0;  // blocks, and those of them that have come to their end: no higher bit is set
        for (int blocks_way = 1; blocks_way < ranks; ++blocks_way) {
            sent += (blocks_way & distance) != 0;
            arrived += std::bit_floor(static_cast<unsigned>(blocks_way)) == static_cast<unsigned>(distance);
        }
        std::vector<StepId> packed;
        for (int rank = 0; rank < ranks; ++rank) {
            const StepId copied = add_copy(rank, block * sent, 2, {&before[static_cast<std::size_t>(rank)], 1}, schedule);
            packed.push_back(messages.add_overhead(rank, 2, {&copied, 1}));
        }
        std::vector<std::vector<StepId>> waits(static_cast<std::size_t>(ranks));
        for (int source = 0; source < ranks; ++source) {
            const int destination = (source + distance) % ranks;
            for (const StepId part :
                 messages.add(transfer(source, destination, block * arrived, block * (sent - arrived)),
                              packed[static_cast<std::size_t>(source)], packed[static_cast<std::size_t>(destination)])) {
                waits[static_cast<std::size_t>(destination)].push_back(part);
                waits[static_cast<std::size_t>(source)].push_back(part);
            }
        }
        for (int rank = 0; rank < ranks; ++rank)
            before[static_cast<std::size_t>(rank)] =
                add_copy(rank, block * sent, 2, waits[static_cast<std::size_t>(rank)], schedule);
    }
    std::vector<StepId> done;
    for (int rank = 0; rank < ranks; ++rank)
        done.push_back(add_copy(rank, block * ranks, 2, {&before[static_cast<std::size_t>(rank)], 1}, schedule));
    return done;
}

}  // namespace

const Algorithm mpi_bruck_algorithm{
    .name = "mpi-bruck",
    .summary = "MPI_Alltoall after Bruck: log2 n steps, blocks travel in hops; equal sizes only",
    .costs = "mpi",
    .refusal = refuses_unequal_sizes,
    .append = append_mpi_bruck,
};

}  // namespace tokenyard
