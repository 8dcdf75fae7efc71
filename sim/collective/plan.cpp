#include "collective/plan.hpp"

#include "collective/algorithms.hpp"
#include "collective/steps.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace tokenyard {
namespace {

int no_sms(const Costs&, const Fabric&) { return 0; }  // copy engines and NICs alone
int two_level_sms(const Costs& costs, const Fabric&) { return costs.two_level.sms; }

constexpr std::array algorithm_table{
    Algorithm{"direct", "every rank sends to every other at once, at no software cost", Packing::copies, no_sms, never_refuses,
              append_direct},
    Algorithm{"nccl", "grouped ncclSend/ncclRecv, or ncclAlltoAll, as NCCL 2.28 schedules it", Packing::copies, nccl_sms,
              never_refuses, append_nccl},
    Algorithm{"mpi-linear", "MPI_Alltoallv of Open MPI, basic linear: all sends and receives posted at once", Packing::copies,
              no_sms, never_refuses, append_mpi_linear},
    Algorithm{"mpi-pairwise", "MPI_Alltoallv of Open MPI, pairwise: n - 1 steps, each with one rank to send to", Packing::copies,
              no_sms, never_refuses, append_mpi_pairwise},
    Algorithm{"mpi-bruck", "MPI_Alltoall after Bruck: log2 n steps, blocks travel in hops; equal sizes only", Packing::copies,
              no_sms, refuses_unequal_sizes, append_mpi_bruck},
    Algorithm{"dedup", "a token once for each rank that needs it, by grouped ncclSend/ncclRecv", Packing::ranks, nccl_sms,
              refuses_matrices, append_dedup},
    Algorithm{"two-level", "once a token to each node, then over NVLink to each rank (DeepEP's normal mode)", Packing::islands,
              two_level_sms, refuses_matrices, append_two_level},
    Algorithm{"low-latency", "one message a token and expert, straight to its rank (DeepEP's low-latency mode)", Packing::none,
              no_sms, refuses_matrices, append_low_latency},
    Algorithm{"balanced", "each node's traffic spread evenly over its NICs through NVLink (as FAST does)", Packing::copies,
              no_sms, never_refuses, append_balanced},
};

/// Byte conservation of algorithms that merge nothing: what is delivered to each rank, relays apart, is what is for it.
[[maybe_unused]] bool brings_every_copy(const Exchange& exchange, const Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    const VolumeMatrix arrives = delivered(schedule, ranks);
    Bytes own;
    for (int rank = 0; rank < ranks; ++rank) {
        Bytes due, received;
        for (int source = 0; source < ranks; ++source) {
            received += arrives.at(source, rank);
            if (source != rank) due += exchange.volumes.at(source, rank);
        }
        own += exchange.volumes.at(rank, rank);
        if (received != due) return false;
    }
    return schedule.kept == own;
}

}  // namespace

std::string never_refuses(const Exchange&, const Fabric&) { return {}; }

std::string refuses_matrices(const Exchange& exchange, const Fabric&) {
    return exchange.tokens ? "" : "found S(i,k) without tokens; expected a workload that says which tokens are the same";
}

std::span<const Algorithm> algorithms() { return algorithm_table; }

const Algorithm* find_algorithm(std::string_view name) {
    const auto found = std::find_if(algorithm_table.begin(), algorithm_table.end(),
                                    [name](const Algorithm& algorithm) { return algorithm.name == name; });
    return found == algorithm_table.end() ? nullptr : &*found;
}

std::vector<StepId> add_beginnings(const Fabric& fabric, int ranks, Schedule& schedule) {
    std::vector<StepId> begun;
    for (int rank = 0; rank < ranks; ++rank)
        begun.push_back(add_pause(rank, fabric.gpus[static_cast<std::size_t>(rank)].late, Delay::late, {}, schedule));
    return begun;
}

std::vector<StepId> append(const Algorithm& algorithm, const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                           const std::vector<StepId>& ready, Schedule& schedule) {
    return algorithm.append(exchange, fabric, in_effect(costs), ready, schedule);
}

Schedule plan(const Algorithm& algorithm, const Exchange& exchange, const Fabric& fabric, const Costs& costs) {
    Schedule schedule;
    append(algorithm, exchange, fabric, costs, add_beginnings(fabric, exchange.volumes.rows(), schedule), schedule);
    assert(algorithm.packing != Packing::copies || brings_every_copy(exchange, schedule));
    return schedule;
}

VolumeMatrix delivered(const Schedule& schedule, int ranks) {
    VolumeMatrix bytes(ranks, ranks);
    for (const Step& step : schedule.steps())
        if (step.kind == StepKind::transfer) bytes.at(step.source, step.destination) += step.delivered;
    return bytes;
}

}  // namespace tokenyard
