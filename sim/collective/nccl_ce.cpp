// SPDX-License-Identifier: Apache-2.0
// NCCL's all-to-all without a kernel: copy engines inside NVLink domains, puts of the network's proxy thread between them.
#include "collective/algorithms.hpp"
#include "collective/nccl/copy_engines.hpp"
#include "collective/relay_groups.hpp"
#include "collective/steps.hpp"

#include <cmath>

namespace tokenyard {
namespace {

std::string refuses_all_but_alltoall(const Exchange& exchange, const Fabric&, const Costs&) {
    return refuses_unequal_pairs(exchange, ", as NCCL has copy engines for ncclAlltoAll alone");
}

/// The all-to-all over several NVLink domains, which NCCL calls nodes, in the order of the user's stream. A rank's place in its
/// domain is its rail.
class Hierarchy {
public:
    Hierarchy(const Exchange& exchange, const Fabric& fabric, const NcclCosts& costs, const Islands& domains, Schedule& schedule)
        : volumes_(exchange.volumes),
          fabric_(fabric),
          costs_(costs),
          domains_(domains),
          schedule_(schedule),
          posted_(static_cast<std::size_t>(exchange.volumes.rows())),
          put_(posted_.size()),
          arrived_(posted_.size()) {}

    std::vector<StepId> plan(const std::vector<StepId>& launched) {
        std::vector<StepId> at = in_domains(synchronise_rails(launched), &Hierarchy::barrier);
        for (std::size_t rank = 0; rank < at.size(); ++rank) posted_[rank] = at[rank] = operation(rank, {&at[rank], 1});
        for (std::size_t domain = 0; domain < domains_.count(); ++domain)
            for (std::size_t place = 0; place < domains_.ranks(domain).size(); ++place) append_puts(domain, place);
        at = in_domains(at, &Hierarchy::copies);
        for (std::size_t rank = 0; rank < at.size(); ++rank) {  // all signals by one wait, then all of the own puts
            arrived_[rank].push_back(at[rank]);
            put_[rank].push_back(operation(rank, arrived_[rank]));
            at[rank] = operation(rank, put_[rank]);
        }
        return in_domains(at, &Hierarchy::barrier);
    }

private:
    /// The ranks of the domain that is so many behind this one.
    const std::vector<int>& behind(std::size_t domain, std::size_t distance) const {
        return domains_.ranks((domain + distance) % domains_.count());
    }

    /// A signal to the same place in every other domain, and one from each.
    std::vector<StepId> synchronise_rails(const std::vector<StepId>& begun) {
        std::vector<std::vector<StepId>> heard(begun.size());
        for (std::size_t domain = 0; domain < domains_.count(); ++domain)
            for (std::size_t place = 0; place < domains_.ranks(domain).size(); ++place) {
                const int rank = domains_.ranks(domain)[place];
                StepId posted = operation(static_cast<std::size_t>(rank), {&begun[static_cast<std::size_t>(rank)], 1});
                heard[static_cast<std::size_t>(rank)].push_back(posted);
                for (std::size_t distance = 1; distance < domains_.count(); ++distance) {
                    const std::vector<int>& others = behind(domain, distance);
                    if (place >= others.size()) continue;  // of a smaller domain: no such rail there
                    const int peer = others[place];
                    posted = add_pause(rank, costs_.put_time, Delay::message, {posted}, schedule_);
                    heard[static_cast<std::size_t>(peer)].push_back(
                        add_pause(peer, costs_.network_latency + latency(rank, peer), Delay::message, {posted}, schedule_));
                }
            }
        std::vector<StepId> done;
        for (std::size_t rank = 0; rank < begun.size(); ++rank) done.push_back(operation(rank, heard[rank]));
        return done;
    }

    /// Its proxy thread's puts, one after another: for every place of the next domain, then of the one behind it.
    void append_puts(std::size_t domain, std::size_t place) {
        constexpr double largest = 64.0 * 1024 * 1024, alignment = 8 * 1024;
        const int rank = domains_.ranks(domain)[place];
        StepId& posted = posted_[static_cast<std::size_t>(rank)];
        for (std::size_t distance = 1; distance < domains_.count(); ++distance)
            for (const int peer : behind(domain, distance)) {
                const double whole = in_bytes(volumes_.at(rank, peer)), puts = std::ceil(whole / largest);
                const double piece = std::ceil(whole / puts / alignment) * alignment;
                for (double from = 0; from < whole; from += piece) {
                    posted = add_pause(rank, costs_.put_time, Delay::message, {posted}, schedule_);
                    add_put(rank, peer, bytes(std::min(piece, whole - from)), posted);
                }
            }
    }

    /// Out of the sender's window into the receiver's, by their own NICs.
    void add_put(int rank, int peer, Bytes volume, StepId posted) {
        Step step = transfer(rank, peer, volume);
        step.source_memory = step.destination_memory = 1;
        step.delay = costs_.network_latency;
        step.delay_is = Delay::message;
        std::vector<StepId> parts;
        add_striped(fabric_, step, {&posted, 1}, schedule_, parts);
        for (const StepId part : parts) {
            put_[static_cast<std::size_t>(rank)].push_back(part);
            arrived_[static_cast<std::size_t>(peer)].push_back(part);
        }
    }

    std::vector<StepId> barrier(std::span<const int> ranks, const std::vector<StepId>& begun) {
        return append_memory_barrier(ranks, costs_, begun, schedule_);
    }
    std::vector<StepId> copies(std::span<const int> ranks, const std::vector<StepId>& begun) {
        return append_copies(ranks, volumes_, costs_, begun, schedule_);
    }

    /// The same in each domain.
    std::vector<StepId> in_domains(const std::vector<StepId>& before,
                                   std::vector<StepId> (Hierarchy::*append)(std::span<const int>, const std::vector<StepId>&)) {
        std::vector<StepId> after(before.size());
        for (std::size_t domain = 0; domain < domains_.count(); ++domain) {
            const std::span<const int> ranks = domains_.ranks(domain);
            std::vector<StepId> begun;
            for (const int rank : ranks) begun.push_back(before[static_cast<std::size_t>(rank)]);
            const std::vector<StepId> ended = (this->*append)(ranks, begun);
            for (std::size_t at = 0; at < ranks.size(); ++at) after[static_cast<std::size_t>(ranks[at])] = ended[at];
        }
        return after;
    }

    StepId operation(std::size_t rank, std::span<const StepId> waits_for) {
        return append_memory_operation(static_cast<int>(rank), costs_, waits_for, schedule_);
    }

    Seconds latency(int source, int destination) const {
        std::vector<LinkId> route;
        return fabric_.append_route(source, destination, 0, 0, route);
    }

    const VolumeMatrix& volumes_;
    const Fabric& fabric_;
    const NcclCosts& costs_;
    const Islands& domains_;
    Schedule& schedule_;
    std::vector<StepId> posted_;                      // of each rank: what its proxy thread has posted last
    std::vector<std::vector<StepId>> put_, arrived_;  // of each rank: puts that it sends, and that it receives
};

/// In one NVLink domain as `nccl` with nccl.copy_engines. Over several, since NCCL 2.30.7: a signal along each rail and a barrier
/// in each domain; then the proxy thread puts what is for other domains, a put for each rank there, cut into equal pieces of at
/// most 64 MiB, while copy engines exchange what stays in the domain; then all signals are waited for, the own puts, and a
/// barrier. No PXN: a put goes from the sender's own NIC to the receiver's, whatever its rail. What a GPU with several NICs has
/// is spread over them, which is an assumption, as is that the receiver always has credit. Source: NCCL v2.30.7
/// src/ce_coll.cc:715-1340.
std::vector<StepId> append_nccl_ce(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                   const std::vector<StepId>& ready, Schedule& schedule) {
    const Islands domains(fabric, exchange.volumes.rows());
    if (domains.count() == 1) return append_copy_engines(exchange.volumes, costs.nccl, ready, schedule);
    const std::vector<StepId> launched = add_pauses(costs.nccl.launch, Delay::launch, ready, schedule);
    return Hierarchy(exchange, fabric, costs.nccl, domains, schedule).plan(launched);
}

BufferUse only_windows(const BatchShape&, const Fabric&, const Costs&) {
    return {Bytes{}, "none: straight between the windows that the user registers"};
}

}  // namespace

const Algorithm nccl_ce_algorithm{
    .name = "nccl-ce",
    .summary = "ncclAlltoAll without a kernel: copy engines, and puts between NVLink domains (NCCL 2.30.7); equal sizes only",
    .costs = "nccl",
    .buffers = only_windows,
    .refusal = refuses_all_but_alltoall,
    .append = append_nccl_ce,
};

}  // namespace tokenyard
