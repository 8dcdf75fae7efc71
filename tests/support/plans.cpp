// SPDX-License-Identifier: Apache-2.0
#include "support/plans.hpp"

#include "collective/plan.hpp"
#include "workload/make_routing.hpp"

#include <cmath>

namespace tokenyard {

Exchange exchange_of(const VolumeMatrix& volumes) {
    Exchange exchange;
    exchange.volumes = volumes;
    return exchange;
}

Schedule plan_direct(const VolumeMatrix& volumes, const Fabric& fabric) {
    return plan(*find_algorithm("direct"), exchange_of(volumes), fabric, {});
}

Exchange routed_exchange(const Fabric& fabric, int experts_a_rank, int experts_per_token, int hidden, int tokens_a_rank,
                         std::uint32_t seed) {
    TokenWorkload workload;
    workload.model = {experts_a_rank * fabric.rank_count(), experts_per_token, hidden, 1, 1, 1, {}};
    workload.tokens_per_rank.assign(static_cast<std::size_t>(fabric.rank_count()), tokens_a_rank);
    workload.dispatch = workload.combine = {{"bf16", 16}, 0, {}, bytes(12)};
    workload.routing = LognormalRouting{1};
    const Routing routing = make_routing(workload, seed);
    const TokenMatrix counts =
        make_token_matrix(routing, place_experts(workload, routing), fabric.node_of_each_rank(), fabric.island_of_each_rank());
    const Message message = message_of(workload.dispatch, hidden);
    return {Direction::dispatch, volumes_of(counts, message.total()),
            ExchangedTokens{counts, message, experts_per_token, experts_a_rank * fabric.rank_count()}};
}

Exchange combine_of(const Exchange& dispatch) { return {Direction::combine, transpose(dispatch.volumes), dispatch.tokens}; }

Exchange as_taken_by(const Algorithm& algorithm, Exchange exchange, const Fabric& fabric) {
    if (algorithm.refusal(exchange, fabric, some_costs()).empty()) return exchange;
    const int ranks = exchange.volumes.rows();
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination) exchange.volumes.at(source, destination) = bytes(4000);
    return exchange;
}

std::vector<const Algorithm*> every_algorithm() {
    std::vector<const Algorithm*> all;
    for (const Algorithm& algorithm : algorithms()) all.push_back(&algorithm);
    return all;
}

std::vector<std::string> algorithms_for(const Exchange& exchange, const Fabric& fabric) {
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms())
        if (algorithm.refusal(exchange, fabric, some_costs()).empty()) names.emplace_back(algorithm.name);
    return names;
}

Costs some_costs() {
    Costs costs;
    costs.nccl.launch = microseconds(5);
    costs.nccl.per_peer = microseconds(0.7);
    costs.nccl.nvlink_latency = microseconds(3);
    costs.nccl.network_latency = microseconds(14);
    costs.nccl.ll_latency = microseconds(0.6);
    costs.nccl.chunk_overhead = microseconds(1);
    costs.nccl.warp_rate = gigabytes_per_second(3);
    costs.nccl.connection_rate = gigabytes_per_second(20);
    costs.mpi = {microseconds(0.5), bytes(50e3)};
    costs.two_level = {.launch = microseconds(15),
                       .sms = 24,
                       .sm_rate = gigabytes_per_second(50),
                       .chunk_tokens = 2,
                       .chunk_overhead = microseconds(2)};
    costs.low_latency = {
        .launch = microseconds(10), .message_overhead = microseconds(0.1), .arrival = microseconds(5), .queue_pairs = 2};
    costs.balanced = {microseconds(10)};
    costs.compute = {microseconds(3), 0.6, 128, 0.9};
    return costs;
}

Costs every_cost() {
    Costs costs = some_costs();
    for (const CostKey& key : cost_keys()) {
        const double value = key.get(costs);
        if (key.kind == CostKind::delay && !(value > 0)) key.set(costs, 2e-6);
        if (key.kind == CostKind::rate && !(value > 0)) key.set(costs, 30e9);
        if (key.kind == CostKind::size && std::isnan(value)) key.set(costs, 8);
        if (key.kind == CostKind::efficiency && !(value < 1)) key.set(costs, 0.8);
    }
    return costs;
}

}  // namespace tokenyard
