// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/buffers.hpp"
#include "collective/steps.hpp"

namespace tokenyard {
namespace {

constexpr Bytes header{16};  // source token's index, padded: DeepEP v1.2.1, csrc/kernels/internode_ll.cu:78

/// Dispatch carries the index; combine knows its place by the slot that it is written to.
Bytes low_latency_token_size(const Exchange& exchange, const Fabric&, const Costs&) {
    return exchange.tokens->message.body() + (exchange.direction == Direction::dispatch ? header : Bytes{});
}

/// One message a token and expert, straight to the expert's rank. Source: DeepEP v1.2.1, csrc/kernels/internode_ll.cu.
std::vector<StepId> append_low_latency(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                       const std::vector<StepId>& ready, Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    const RankMatrix<std::uint32_t>& copies = exchange.tokens->counts.copies;
    const Bytes size = low_latency_token_size(exchange, fabric, costs);
    const LowLatencyCosts& own = costs.low_latency;
    const bool is_combine = exchange.direction == Direction::combine;
    const Seconds launch = is_combine ? own.combine_launch : own.launch;
    const Bandwidth copy_rate = is_combine ? own.combine_copy_rate : own.copy_rate;
    const Seconds message_time = own.message_overhead + (copy_rate.si > 0 ? size / copy_rate : Seconds{});
    const std::vector<StepId> launched = add_pauses(launch, Delay::launch, ready, schedule);
    const std::vector<int> islands = fabric.island_of_each_rank();
    Ledger ledger(ranks);
    std::vector<StepId> added;
    for (int source = 0; source < ranks; ++source) {
        LinkId sending = no_link;  // a GPU issues its messages at a limited rate: all have one size
        if (message_time.si > 0)
            sending =
                schedule.add_resource(fabric, {fabric.gpu_name(source) + "/messages", LinkKind::sm, size / message_time, {}});
        for (int destination = 0; destination < ranks; ++destination) {
            const double messages =
                exchange.direction == Direction::dispatch ? copies.at(source, destination) : copies.at(destination, source);
            if (messages == 0) continue;
            const StepId begun = launched[static_cast<std::size_t>(source)];
            added.clear();
            if (source == destination) {  // into the receive buffer, and out of it again
                schedule.kept += size * messages;
                added.push_back(add_copy(source, size * messages, 4, {&begun, 1}, schedule));
            } else {
                Step step = transfer(source, destination, size * messages);
                step.resources[0] = sending;
                if (islands[static_cast<std::size_t>(source)] != islands[static_cast<std::size_t>(destination)]) {
                    step.delay = own.network_latency;
                    step.delay_is = Delay::message;
                }
                step.source_memory = 1;
                step.destination_memory = 3;  // written by the network, read and written by the receiving kernel
                add_striped(fabric, step, {&begun, 1}, schedule, added, own.queue_pairs);
            }
            ledger.note(schedule, added);
        }
    }
    return add_pauses(own.arrival, Delay::message, ledger.close(launched, schedule), schedule);
}

}  // namespace

const Algorithm low_latency_algorithm{
    .name = "low-latency",
    .summary = "one message a token and expert, straight to its rank (DeepEP's low-latency mode)",
    .packing = Packing::fused,
    .costs = "low_latency",
    .token_size = low_latency_token_size,
    .buffers = low_latency_buffers,
    .refusal = refuses_matrices,
    .append = append_low_latency,
};

}  // namespace tokenyard
