// SPDX-License-Identifier: Apache-2.0
#include "collective/plan.hpp"

#include "collective/algorithms.hpp"
#include "collective/relay_groups.hpp"
#include "collective/steps.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace tokenyard {
namespace {

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

/// What the host does for a call in front of the first kernel and beside the kernels.
struct HostWork {
    Seconds before, beside;
};

HostWork host_work(const Exchange& exchange, const CallCosts& costs) {
    if (exchange.direction == Direction::combine) return {costs.combine_before / costs.speed, costs.combine_beside / costs.speed};
    Seconds before = costs.before, beside = costs.beside;
    if (exchange.tokens && exchange.tokens->message.scales.si > 0) {
        before += costs.quantise;
        beside += costs.quantise_beside;
    }
    return {before / costs.speed, beside / costs.speed};
}

}  // namespace

Bytes size_of_copy(const Exchange& exchange, const Fabric&, const Costs&) { return exchange.tokens->message.total(); }
int no_sms(const Costs&, const Fabric&) { return 0; }
Seconds never_waits(const Exchange&, const Fabric&, const Costs&) { return {}; }
Taken takes_none(int) { return {}; }
std::string never_refuses(const Exchange&, const Fabric&, const Costs&) { return {}; }

std::string refuses_matrices(const Exchange& exchange, const Fabric&, const Costs&) {
    return exchange.tokens ? "" : "found S(i,k) without tokens; expected a workload that says which tokens are the same";
}

std::string refuses_unequal_pairs(const Exchange& exchange, std::string_view reason) {
    const int ranks = exchange.volumes.rows();
    if (ranks < 2) return "found a single rank; expected at least two";
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination)
            if (source != destination && exchange.volumes.at(source, destination) != exchange.volumes.at(0, 1))
                return "found pairs that exchange unequal sizes; expected equal ones" + std::string(reason);
    return exchange.volumes.at(0, 1).si == 0 ? "found nothing to exchange; expected equal sizes above 0 B" : "";
}

std::span<const Algorithm> algorithms() {
#define TOKENYARD_ROW(name) name##_algorithm,
    static const std::array table{TOKENYARD_ALGORITHMS(TOKENYARD_ROW)};
#undef TOKENYARD_ROW
    return table;
}

const Algorithm& reference_algorithm() {
    static const Algorithm& reference = *std::ranges::find_if(algorithms(), &Algorithm::is_reference);
    return reference;
}

const Algorithm* find_algorithm(std::string_view name) {
    const auto found = std::ranges::find(algorithms(), name, &Algorithm::name);
    return found == algorithms().end() ? nullptr : &*found;
}

Granularity granularity_of(const Algorithm& algorithm, const Fabric& fabric, int ranks) {
    const bool is_one = Islands(fabric, ranks).count() == 1;
    return algorithm.granularity == Granularity::island && is_one ? Granularity::rank : algorithm.granularity;
}

std::vector<StepId> add_beginnings(const Fabric& fabric, int ranks, Schedule& schedule) {
    std::vector<StepId> begun;
    for (int rank = 0; rank < ranks; ++rank)
        begun.push_back(add_pause(rank, fabric.gpus[static_cast<std::size_t>(rank)].late, Delay::late, {}, schedule));
    return begun;
}

std::vector<StepId> append(const Algorithm& algorithm, const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                           const std::vector<StepId>& ready, Schedule& schedule) {
    const Costs in_use = in_effect(costs);
    const bool has_host = in_use.calls.eager != 0 && !algorithm.is_reference;
    if (!has_host) return algorithm.append(exchange, fabric, in_use, ready, schedule);
    const HostWork host = host_work(exchange, in_use.calls);
    const std::vector<StepId> launched = add_pauses(host.before, Delay::launch, ready, schedule);
    const std::vector<StepId> done = algorithm.append(exchange, fabric, in_use, launched, schedule);
    if (host.beside.si == 0) return done;
    const Seconds beside = host.beside + algorithm.host_waits(exchange, fabric, in_use);
    std::vector<StepId> both;  // the call ends with the GPU and its host
    for (const StepId end : done) {
        const int rank = static_cast<int>(both.size());
        const StepId worked = add_pause(rank, beside, Delay::launch, {launched[both.size()]}, schedule);
        both.push_back(add_pause(rank, {}, Delay::none, {end, worked}, schedule));
    }
    return both;
}

Schedule plan(const Algorithm& algorithm, const Exchange& exchange, const Fabric& fabric, const Costs& costs) {
    Schedule schedule;
    append(algorithm, exchange, fabric, costs, add_beginnings(fabric, exchange.volumes.rows(), schedule), schedule);
    assert(algorithm.granularity != Granularity::expert || algorithm.packing == Packing::fused ||
           brings_every_copy(exchange, schedule));
    return schedule;
}

VolumeMatrix delivered(const Schedule& schedule, int ranks) {
    VolumeMatrix bytes(ranks, ranks);
    for (const Step& step : schedule.steps())
        if (step.kind == StepKind::transfer) bytes.at(step.source, step.destination) += step.delivered;
    return bytes;
}

}  // namespace tokenyard
