// SPDX-License-Identifier: Apache-2.0
#include "collective/mpi_messages.hpp"

#include "collective/steps.hpp"

#include <algorithm>

namespace tokenyard {

std::vector<StepId> MpiMessages::add(const Step& message, StepId sender_ready, StepId receiver_ready) {
    if (message.volume.si == 0)
        return {add_pause(message.destination, latency(message.source, message.destination), Delay::message, {sender_ready},
                          schedule_)};
    if (!is_eager(message.volume) && costs_.gets > 0) return fetch(message, sender_ready, receiver_ready);
    std::vector<StepId> waits{sender_ready}, added;
    Step sent = message;
    if (!is_eager(message.volume)) {
        waits.push_back(receiver_ready);
        sent.delay = latency(message.source, message.destination) + latency(message.destination, message.source);
        sent.delay_is = Delay::handshake;
    }
    add_striped(fabric_, sent, waits, schedule_, added);
    return added;
}

std::vector<StepId> MpiMessages::fetch(Step message, StepId sender_ready, StepId receiver_ready) {
    const Bytes first_delivered = std::min(costs_.rendezvous_eager, message.delivered);
    const Bytes first_relayed = std::min(costs_.rendezvous_eager - first_delivered, message.relayed);
    const Bytes first = first_delivered + first_relayed;
    std::vector<StepId> requested;
    if (first.si > 0)
        add_striped(fabric_, transfer(message.source, message.destination, first_delivered, first_relayed), {&sender_ready, 1},
                    schedule_, requested);
    else
        requested.push_back(add_pause(message.destination, latency(message.source, message.destination), Delay::handshake,
                                      {sender_ready}, schedule_));
    if (first == message.volume) return requested;
    // Requests go out at once, also while other gets have all places, so that data follow data.
    requested.push_back(receiver_ready);
    const Seconds there_and_back = latency(message.destination, message.source) + latency(message.source, message.destination);
    const StepId asked = add_pause(message.destination, there_and_back, Delay::handshake, requested, schedule_);
    requested.pop_back();
    std::vector<StepId>& place = place_at(message.destination);
    std::vector<StepId> waits{asked};
    waits.insert(waits.end(), place.begin(), place.end());
    message.delivered = message.delivered - first_delivered;
    message.relayed = message.relayed - first_relayed;
    message.volume = message.volume - first;
    message.continues = true;
    place.clear();
    add_striped(fabric_, message, waits, schedule_, place);
    std::vector<StepId> added = place;
    if (first.si > 0) added.insert(added.end(), requested.begin(), requested.end());
    return added;
}

std::vector<int> MpiMessages::order_at(int destination, std::vector<int> sources) const {
    if (costs_.gets == 0) return sources;
    const auto hash = [&](int source) {
        return ecmp_choice(static_cast<std::uint32_t>(source), static_cast<std::uint32_t>(destination), 0);
    };
    std::ranges::stable_sort(sources, {}, hash);
    return sources;
}

std::vector<StepId>& MpiMessages::place_at(int destination) {
    if (places_.empty()) places_.resize(fabric_.gpus.size());
    Places& places = places_[static_cast<std::size_t>(destination)];
    places.last.resize(static_cast<std::size_t>(costs_.gets));
    return places.last[places.next++ % places.last.size()];
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
