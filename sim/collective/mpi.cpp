#include "collective/algorithms.hpp"
#include "collective/steps.hpp"

#include <algorithm>
#include <bit>

namespace tokenyard {
namespace {

/// Messages of MPI: an eager one leaves when it is sent; a larger one asks its receiver first, which costs a way there and
/// back, and leaves when both are ready (rendezvous).
class Messages {
public:
    Messages(const Fabric& fabric, const MpiCosts& costs, Schedule& schedule)
        : fabric_(fabric), costs_(costs), schedule_(schedule) {}

    bool is_eager(Bytes volume) const { return volume <= costs_.eager_limit; }

    /// Appends a message between two ranks that are ready after these steps; a message of 0 bytes is its latency only.
    std::vector<StepId> add(Step message, StepId sender_ready, StepId receiver_ready) {
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

    /// One rank's CPU time for so many messages.
    StepId add_overhead(int rank, int messages, std::span<const StepId> waits) {
        return add_pause(rank, costs_.overhead * messages, Delay::message, waits, schedule_);
    }

private:
    Seconds latency(int source, int destination) {
        route_.clear();
        return fabric_.append_route(source, destination, 0, 0, route_);
    }

    const Fabric& fabric_;
    const MpiCosts& costs_;
    Schedule& schedule_;
    std::vector<LinkId> route_;
};

/// A rank copies what it sends to itself: read once, written once.
StepId add_copy_to_self(const Exchange& exchange, int rank, StepId ready, Schedule& schedule) {
    const Bytes own = exchange.volumes.at(rank, rank);
    schedule.kept += own;
    return add_copy(rank, own, 2, {&ready, 1}, schedule);
}

}  // namespace

std::vector<StepId> append_mpi_linear(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                      const std::vector<StepId>& ready, Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    const auto is_empty = [&](int source, int destination) { return exchange.volumes.at(source, destination).si == 0; };
    Messages messages(fabric, costs.mpi, schedule);
    Ledger ledger(ranks);
    std::vector<StepId> posted;  // of each rank: its receives, then also its sends so far
    for (int rank = 0; rank < ranks; ++rank) {
        const StepId copied = add_copy_to_self(exchange, rank, ready[static_cast<std::size_t>(rank)], schedule);
        int receives = 0;
        for (int source = 0; source < ranks; ++source) receives += source != rank && !is_empty(source, rank);
        posted.push_back(messages.add_overhead(rank, receives, {&copied, 1}));
    }
    const std::vector<StepId> receives_posted = posted;
    for (int distance = 1; distance < ranks; ++distance)
        for (int source = 0; source < ranks; ++source) {
            const int destination = (source + distance) % ranks;
            if (is_empty(source, destination)) continue;
            StepId& sender = posted[static_cast<std::size_t>(source)];
            if (costs.mpi.overhead.si > 0) sender = messages.add_overhead(source, 1, {&sender, 1});
            ledger.note(schedule, messages.add(transfer(source, destination, exchange.volumes.at(source, destination)), sender,
                                               receives_posted[static_cast<std::size_t>(destination)]));
        }
    return ledger.close(posted, schedule);
}

std::vector<StepId> append_mpi_pairwise(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                        const std::vector<StepId>& ready, Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    Messages messages(fabric, costs.mpi, schedule);
    std::vector<std::vector<StepId>> before(static_cast<std::size_t>(ranks));  // what each rank's next step waits for
    for (int rank = 0; rank < ranks; ++rank)
        before[static_cast<std::size_t>(rank)] = {
            add_copy_to_self(exchange, rank, ready[static_cast<std::size_t>(rank)], schedule)};
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

std::string refuses_unequal_sizes(const Exchange& exchange, const Fabric&) {
    const int ranks = exchange.volumes.rows();
    if (ranks < 2) return "found a single rank; expected at least two";
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination)
            if (source != destination && exchange.volumes.at(source, destination) != exchange.volumes.at(0, 1))
                return "found pairs that exchange unequal sizes; expected equal ones (MPI_Alltoall)";
    return exchange.volumes.at(0, 1).si == 0 ? "found nothing to exchange; expected equal sizes above 0 B" : "";
}

std::vector<StepId> append_mpi_bruck(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                     const std::vector<StepId>& ready, Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    const Bytes block = exchange.volumes.at(0, 1);
    Messages messages(fabric, costs.mpi, schedule);
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

}  // namespace tokenyard
