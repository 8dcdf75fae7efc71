// SPDX-License-Identifier: Apache-2.0
#include "collective/mpi_messages.hpp"

#include "collective/steps.hpp"

namespace tokenyard {

std::vector<StepId> MpiMessages::add(Step message, StepId sender_ready, StepId receiver_ready) {
    if (message.volume.si == 0)
        return {add_pause(message.destination, latency(message.source, message.destination), Delay::message, {sender_ready},
                          schedule_)};
    std::vector<StepId> waits{sender_ready}, added;
    if (!is_eager(message.volume)) {
        waits.push_back(receiver_ready);
        message.delay = latency(message.source, message.destination) + latency(message.destination, message.source);
        message.delay_is = Delay::handshake;
    }
    add_striped(fabric_, message, waits, schedule_, added);
    return added;
}

StepId MpiMessages::add_overhead(int rank, int messages, std::span<const StepId> waits_for) {
    return add_pause(rank, costs_.overhead * messages, Delay::message, waits_for, schedule_);
}

StepId MpiMessages::add_copy_to_self(const Exchange& exchange, int rank, StepId ready) {
    const Bytes own = exchange.volumes.at(rank, rank);
    schedule_.kept += own;
    return add_copy(rank, own, 2, {&ready, 1}, schedule_);
}

Seconds MpiMessages::latency(int source, int destination) {
    route_.clear();
    return fabric_.append_route(source, destination, 0, 0, route_);
}

}  // namespace tokenyard
