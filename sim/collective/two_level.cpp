// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/buffers.hpp"
#include "collective/relay.hpp"
#include "collective/steps.hpp"

#include <cmath>

namespace tokenyard {
namespace {

Bytes aligned_to_16(Bytes size) { return bytes(std::ceil(in_bytes(size) / 16) * 16); }

bool is_on_one_island(const Exchange& exchange, const Fabric& fabric) {
    return Islands(fabric, exchange.volumes.rows()).count() == 1;
}

/// What a token weighs: DeepEP v1.2.1, csrc/kernels/intranode.cu:212-221 and internode.cu:44-47, 462-470, 1555-1720. A
/// token brings its source's index, its expert ids and weights, and with several nodes 8 bytes of its source's place.
Bytes two_level_token_size(const Exchange& exchange, const Fabric& fabric, const Costs&) {
    const double k = exchange.tokens->experts_per_token;
    const Bytes body = exchange.tokens->message.body();
    const bool is_dispatch = exchange.direction == Direction::dispatch;
    if (is_on_one_island(exchange, fabric)) return body + bytes(4 + (is_dispatch ? 12 : 4) * k);
    return aligned_to_16(body + bytes(8 + (is_dispatch ? 8 : 4) * k));
}

Bandwidth sm_rate_of(Direction direction, bool is_one, const TwoLevelCosts& costs) {
    const bool is_combine = direction == Direction::combine;
    if (is_one) return is_combine ? costs.combine_sm_rate : costs.sm_rate;
    return is_combine ? costs.combine_forward_sm_rate : costs.forward_sm_rate;
}

/// DeepEP V1's: half of the SMs send, the other half receives into a ring and sends on from there.
RelayKernel two_level_kernel(const Exchange& exchange, const Fabric& fabric, const Costs& all_costs, Schedule& schedule) {
    const TwoLevelCosts& costs = all_costs.two_level;
    const bool is_one = is_on_one_island(exchange, fabric), is_dispatch = exchange.direction == Direction::dispatch;
    const Bandwidth sm_rate = sm_rate_of(exchange.direction, is_one, costs);
    const int channels = costs.sms / 2;  // an SM that sends and one that receives or forwards
    // What they store to NVLink counts as often here as there, so that how well it is filled does not slow them.
    const auto threads = [&](int rank, const char* name, bool store_to_nvlink) {
        if (sm_rate.si == 0) return no_link;
        const Bandwidth rate = sm_rate * (channels / (store_to_nvlink ? costs.nvlink_efficiency : 1));
        return schedule.add_resource(fabric, {fabric.gpu_name(rank) + name, LinkKind::sm, rate, {}});
    };
    RelayKernel kernel;
    kernel.token_size = two_level_token_size(exchange, fabric, all_costs);
    kernel.channels = channels;
    kernel.chunk_tokens = costs.chunk_tokens;
    kernel.message_delay = costs.chunk_overhead;
    kernel.nvlink_efficiency = costs.nvlink_efficiency;
    kernel.touches_at_receiver = 3;  // into the ring, and from there to its place
    kernel.touches_of_own = 4;
    for (int rank = 0; rank < exchange.volumes.rows(); ++rank) {
        kernel.send.push_back(threads(rank, "/sms/send", is_one || !is_dispatch));
        kernel.forward.push_back(threads(rank, "/sms/forward", is_one || is_dispatch));
    }
    kernel.own = is_dispatch ? kernel.forward : kernel.send;
    return kernel;
}

std::vector<StepId> append_two_level(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                     const std::vector<StepId>& ready, Schedule& schedule) {
    const TwoLevelCosts& own = costs.two_level;
    const bool is_combine = exchange.direction == Direction::combine;
    Seconds launch = is_combine ? own.combine_launch : own.launch;
    if (!is_on_one_island(exchange, fabric)) launch += is_combine ? own.combine_network_launch : own.network_launch;
    const std::vector<StepId> begun = add_pauses(launch, Delay::launch, add_barrier(ready, schedule), schedule);
    const RelayKernel kernel = two_level_kernel(exchange, fabric, costs, schedule);
    return append_relay(exchange, fabric, kernel, begun, most_forward_groups, schedule);
}

}  // namespace

/// Once a token to each node, to the GPU of the sender's index, which forwards it over NVLink to each rank that needs it;
/// combine sums inside the node and sends back once a token and node. Source: DeepEP v1.2.1, csrc/kernels/internode.cu.
const Algorithm two_level_algorithm{
    .name = "two-level",
    .summary = "once a token to each node, then over NVLink to each rank (DeepEP's normal mode)",
    .granularity = Granularity::island,
    .packing = Packing::in_place,
    .costs = "two_level",
    .token_size = two_level_token_size,
    .sms = [](const Costs& costs, const Fabric&) { return costs.two_level.sms; },
    .buffers = two_level_buffers,
    .refusal = refuses_matrices,
    .append = append_two_level,
};

}  // namespace tokenyard
