// SPDX-License-Identifier: Apache-2.0
// MPI_Alltoallv as Open MPI carries it out unless it is told how.
#include "collective/algorithms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace tokenyard {
namespace {

struct Stretch {
    int least;  // ranks, up to the next one's
    const Algorithm* algorithm;
};

/// Open MPI decides by the number of ranks alone, whatever the sizes.
/// Source: Open MPI 5.0.9, ompi/mca/coll/tuned/coll_tuned_decision_fixed.c, alltoallv.
constexpr std::array stretches{Stretch{1, &mpi_pairwise_algorithm},   Stretch{4, &mpi_linear_algorithm},
                               Stretch{64, &mpi_pairwise_algorithm},  Stretch{128, &mpi_linear_algorithm},
                               Stretch{256, &mpi_pairwise_algorithm}, Stretch{1024, &mpi_linear_algorithm}};

const Stretch* stretch_of(int ranks) {
    assert(ranks >= 1);
    return std::ranges::upper_bound(stretches, ranks, {}, &Stretch::least) - 1;
}

Taken taken_by_open_mpi(int ranks) {
    const Stretch* stretch = stretch_of(ranks);
    const bool is_last = stretch == &stretches.back();
    return {stretch->algorithm, fmt::format("{}, as Open MPI takes for {}", stretch->algorithm->name,
                                            is_last ? fmt::format("{} ranks and more", stretch->least)
                                                    : fmt::format("{} to {} ranks", stretch->least, stretch[1].least - 1))};
}

std::vector<StepId> append_mpi(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                               const std::vector<StepId>& ready, Schedule& schedule) {
    return stretch_of(exchange.volumes.rows())->algorithm->append(exchange, fabric, costs, ready, schedule);
}

}  // namespace

const Algorithm mpi_algorithm{
    .name = "mpi",
    .summary = "MPI_Alltoallv of Open MPI, linear or pairwise by the number of ranks, as it decides itself",
    .costs = "mpi",
    .takes = taken_by_open_mpi,
    .append = append_mpi,
};

}  // namespace tokenyard
