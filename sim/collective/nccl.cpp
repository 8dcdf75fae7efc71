// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/buffers.hpp"
#include "collective/nccl/batches.hpp"
#include "collective/nccl/copies.hpp"
#include "collective/nccl/copy_engines.hpp"
#include "collective/nccl/proxies.hpp"
#include "collective/nccl/summary.hpp"
#include "collective/nccl_communicator_of.hpp"
#include "collective/steps.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <set>
#include <utility>

namespace tokenyard {
namespace {

constexpr int to_self = 2;              // times that a copied byte crosses the memory: read and written
constexpr int through_nvlink_fifo = 3;  // at the receiver: written, read and written
constexpr int through_network = 3;      // at either end: a network buffer lies between the user's and the NIC

/// A channel of a rank is a CTA. It runs its batches one after another; all works of a batch run at once.
class Cta {
public:
    /// The step behind which the works of this batch begin.
    StepId begin(int batch, int kernel, StepId kernel_begins, int rank, Schedule& schedule) {
        if (batch == batch_) return gate_;
        const bool is_behind = batch_ >= 0 && kernel == kernel_ && !running_.empty();
        gate_ = is_behind ? add_pause(rank, {}, Delay::none, running_, schedule) : kernel_begins;
        running_.clear();
        batch_ = batch;
        kernel_ = kernel;
        return gate_;
    }
    void run(StepId step) { running_.push_back(step); }

private:
    int batch_ = -1, kernel_ = -1;
    StepId gate_ = 0;
    std::vector<StepId> running_;
};

/// One work of a rank's schedule, where it stands.
struct Place {
    int round = 0, channel = 0, batch = 0, kernel = 0;
    const NcclWork* work = nullptr;
    bool is_alone = false;  // in its batch
};

std::vector<Place> places_of(const NcclRankSchedule& schedule) {
    std::vector<Place> places;
    for (std::size_t channel = 0; channel < schedule.channels.size(); ++channel)
        for (std::size_t batch = 0; batch < schedule.channels[channel].size(); ++batch)
            for (const NcclWork& work : schedule.channels[channel][batch].works)
                places.push_back({work.round, static_cast<int>(channel), static_cast<int>(batch),
                                  schedule.channels[channel][batch].kernel, &work,
                                  schedule.channels[channel][batch].works.size() == 1});
    std::sort(places.begin(), places.end(),
              [](const Place& a, const Place& b) { return a.round != b.round ? a.round < b.round : a.channel < b.channel; });
    return places;
}

/// Other ranks that a rank has something for, and that have something for it; and the NICs through which these send it.
struct Peers {
    int destinations = 0, sources = 0, sending_nics = 0;
};

/// Turns the batches of all ranks into steps, round by round: works only wait for works of earlier rounds.
class Planner {
public:
    Planner(const NcclCommunicator& communicator, const VolumeMatrix& volumes, const Fabric& fabric, const NcclCosts& costs,
            const std::vector<StepId>& ready, Schedule& schedule)
        : communicator_(communicator),
          fabric_(fabric),
          costs_(costs),
          schedule_(schedule),
          ledger_(volumes.rows()),
          copies_(communicator, fabric, costs),
          proxies_(communicator, fabric, costs.chunk_overhead) {
        const int ranks = volumes.rows();
        for (int rank = 0; rank < ranks; ++rank) {
            rank_schedules_.push_back(schedule_rank(communicator, volumes, rank));
            int peers = 0;
            Peers of_rank;
            std::set<std::pair<int, int>> nics;  // of which node, and which one
            for (int peer = 0; peer < ranks; ++peer) {
                const bool is_sent_to = volumes.at(rank, peer).si > 0, is_heard_of = volumes.at(peer, rank).si > 0;
                peers += is_sent_to || is_heard_of;
                of_rank.destinations += is_sent_to && peer != rank;
                of_rank.sources += is_heard_of && peer != rank;
                if (is_heard_of && transport_between(communicator, peer, rank) == NcclTransport::network)
                    nics.emplace(communicator.node_of_rank[static_cast<std::size_t>(peer)],
                                 sending_port(communicator, peer, rank, 0).nic);
            }
            of_rank.sending_nics = static_cast<int>(nics.size());
            peers_.push_back(of_rank);
            launched_.push_back({add_pause(rank, costs.launch + costs.per_peer * peers, Delay::launch,
                                           {ready[static_cast<std::size_t>(rank)]}, schedule)});
        }
        for (const NcclRankSchedule& of_rank : rank_schedules_) {
            places_.push_back(places_of(of_rank));
            proxies_.count_parts(of_rank);
        }
        ctas_.assign(static_cast<std::size_t>(ranks), std::vector<Cta>(static_cast<std::size_t>(communicator.channels)));
        kernel_steps_.resize(static_cast<std::size_t>(ranks));
    }

    std::vector<StepId> plan() {
        std::vector<std::size_t> next(places_.size());
        for (int round = 0; round < communicator_.rank_count(); ++round)
            for (std::size_t rank = 0; rank < places_.size(); ++rank)
                for (std::size_t& at = next[rank]; at < places_[rank].size() && places_[rank][at].round == round; ++at)
                    if (places_[rank][at].work->send) add_send(static_cast<int>(rank), places_[rank][at]);
        std::vector<StepId> begun;
        for (const std::vector<StepId>& kernels : launched_) begun.push_back(kernels.front());
        return ledger_.close(begun, schedule_);
    }

private:
    void add_send(int rank, const Place& sending) {
        const NcclPart& part = *sending.work->send;
        if (part.peer == rank) {
            add_own_copy(rank, sending);
            return;
        }
        const Place& receiving = place_at(part.peer, sending.round, sending.channel);
        assert(receiving.work->receive && receiving.work->receive->peer == rank);
        const NcclWarps warps{sending.work->send_warps, receiving.work->receive_warps};
        const StepId waits[]{begin(rank, sending), begin(part.peer, receiving)};
        if (part.stretch.size.si == 0) {
            const StepId step = add_pause(rank, latency_of(part.message), Delay::message, waits, schedule_);
            end(rank, sending, step);
            end(part.peer, receiving, step);
            return;
        }
        const Step whole = transfer_of(rank, sending, receiving, warps);
        for (int pair = 0, pairs = queue_pairs_of(part.message); pair < pairs; ++pair) {
            const Step share = pairs > 1 ? share_of(whole, pair, pairs) : whole;
            if (share.volume.si == 0) continue;
            const StepId step = schedule_.add(share, waits);
            end(rank, sending, step);
            end(part.peer, receiving, step);
        }
    }

    /// A connection deals its chunks to its queue pairs in turn. They are flows of their own only where a switch looks at them.
    int queue_pairs_of(const NcclMessage& message) const {
        return message.transport == NcclTransport::network && !fabric_.ecmp_groups.empty() ? costs_.queue_pairs : 1;
    }

    static Step share_of(const Step& whole, int pair, int pairs) {
        Step share = whole;
        share.flow = whole.flow * static_cast<std::uint32_t>(pairs) + static_cast<std::uint32_t>(pair);
        share.delivered = share.volume = even_share(whole.volume, pair, pairs);
        share.cap = whole.cap / pairs;
        return share;
    }

    void add_own_copy(int rank, const Place& place) {
        const Bytes volume = place.work->send->stretch.size;
        const StepId waits[]{begin(rank, place)};
        schedule_.kept += volume;
        StepId id = 0;
        if (volume.si > 0) {
            Step step;
            step.kind = StepKind::local;
            step.source = step.destination = rank;
            step.volume = volume * to_self;
            step.cap = costs_.warp_rate * place.work->send_warps * to_self;
            id = schedule_.add(step, waits);
        } else {
            id = add_pause(rank, {}, Delay::none, waits, schedule_);
        }
        end(rank, place, id);
    }

    Step transfer_of(int rank, const Place& place, const Place& receiving, NcclWarps warps) {
        const NcclPart& part = *place.work->send;
        const NcclPort& arrives = receiving.work->receive->port;
        Step step = transfer(rank, part.peer, part.stretch.size);
        step.volume = bytes_on_wire(part.message.protocol, part.stretch.size);
        step.lane = place.channel;
        step.flow = static_cast<std::uint32_t>(place.channel);  // a queue pair for each connection
        step.source_memory = 1;
        step.destination_memory = through_nvlink_fifo;
        const NcclCopies::Rates rates = copies_.rates(part.message.protocol, warps, place.work->receive || receiving.work->send);
        double cap = NcclCopies::cap(part, rates);
        if (is_slowed(rank, place, part)) step.wire_per_byte = static_cast<float>(1 / costs_.lone_work_efficiency);
        if (!place.is_alone) step.resources[2] = copies_.cta(rank, place.channel, schedule_);
        if (!receiving.is_alone) step.resources[3] = copies_.cta(part.peer, receiving.channel, schedule_);
        if (part.message.transport == NcclTransport::local)
            std::ranges::copy(copies_.host(rank, part.peer, schedule_), step.resources.begin());
        if (part.message.transport == NcclTransport::network) {
            if (part.port.proxy_rank != rank) step.via[0] = part.port.proxy_rank;
            step.resources[0] = proxies_.link(part.port.proxy_rank, part.message.chunk, schedule_);
            step.resources[1] = proxies_.link(arrives.proxy_rank, part.message.chunk, schedule_);
            step.source_memory = step.destination_memory = through_network;
            step.wire_per_byte = static_cast<float>(1 / network_efficiency(part.peer));
            step.delay +=
                proxies_.unfilled_chunks(part, {part.port.proxy_rank, place.batch}, {arrives.proxy_rank, receiving.batch});
            cap = std::min(cap, network_cap(part, round_trip(step)));
        }
        if (std::isfinite(cap)) step.cap = {cap};
        step.delay += latency_of(part.message) + copies_.receiving_time(part, rates, warps);
        step.delay_is = Delay::message;
        return step;
    }

    /// Ports of NVLink that several peers use are filled less well by CTAs with one work each: while its one peer is busy with
    /// others, nothing else of the CTA can go on. The links carry no more than the payload, but are as busy as with so much.
    bool is_slowed(int rank, const Place& place, const NcclPart& part) const {
        return place.is_alone && shares_port(rank, part.peer) && part.message.transport == NcclTransport::nvlink &&
               part.message.protocol == NcclProtocol::simple;
    }

    /// GPUs on an NVSwitch have one port for all their peers. Those of a mesh have a port for each, and none that is shared.
    bool shares_port(int source, int destination) const {
        const auto from = static_cast<std::size_t>(source), to = static_cast<std::size_t>(destination);
        return (fabric_.gpus[from].scale_up.out != no_link && peers_[from].destinations > 1) ||
               (fabric_.gpus[to].scale_up.in != no_link && peers_[to].sources > 1);
    }

    /// What the messages that come to a rank from other NICs fill of its own.
    double network_efficiency(int destination) const {
        const int nics = std::max(1, peers_[static_cast<std::size_t>(destination)].sending_nics);
        const double fan_in = 1 - (1 - costs_.fan_in_efficiency) * (1 - 1.0 / nics);
        return costs_.network_efficiency * fan_in;
    }

    /// A proxy thread spends its time on every chunk, and only so many chunks are under way unacknowledged.
    double network_cap(const NcclPart& part, Seconds there_and_back) const {
        double cap = proxies_.rate(part.message.chunk);
        if (costs_.network_chunk_time.si > 0) cap = std::min(cap, (part.message.chunk / costs_.network_chunk_time).si);
        if (there_and_back.si > 0) cap = std::min(cap, (part.message.chunk * part.window / there_and_back).si);
        return cap;
    }

    Seconds round_trip(const Step& step) const {
        std::vector<LinkId> links;
        Seconds latency;
        const Way ranks(step);
        for (std::size_t i = 0; i + 1 < ranks.size(); ++i)
            latency += fabric_.append_route(ranks[i], ranks[i + 1], step.lane % fabric_.lane_count(ranks[i], ranks[i + 1]),
                                            step.flow, links);
        return latency * 2;
    }

    Seconds latency_of(const NcclMessage& message) const {
        if (message.transport == NcclTransport::network) return costs_.network_latency;
        return message.protocol == NcclProtocol::low_latency ? costs_.ll_latency : costs_.nvlink_latency;
    }

    const Place& place_at(int rank, int round, int channel) const {
        const std::vector<Place>& places = places_[static_cast<std::size_t>(rank)];
        const auto found = std::lower_bound(places.begin(), places.end(), std::pair{round, channel},
                                            [](const Place& place, const std::pair<int, int>& wanted) {
                                                return std::pair{place.round, place.channel} < wanted;
                                            });
        assert(found != places.end() && found->round == round && found->channel == channel);
        return *found;
    }

    Cta& cta(int rank, const Place& place) {
        return ctas_[static_cast<std::size_t>(rank)][static_cast<std::size_t>(place.channel)];
    }

    /// Kernels of a rank run one after another: a later one begins when all works of those before have ended.
    StepId begin(int rank, const Place& place) {
        std::vector<StepId>& launched = launched_[static_cast<std::size_t>(rank)];
        const auto kernel = static_cast<std::size_t>(place.kernel);
        while (launched.size() <= kernel)
            launched.push_back(add_pause(rank, {}, Delay::none, kernel_steps_[static_cast<std::size_t>(rank)], schedule_));
        return cta(rank, place).begin(place.batch, place.kernel, launched[kernel], rank, schedule_);
    }

    void end(int rank, const Place& place, StepId step) {
        cta(rank, place).run(step);
        ledger_.note_at(rank, step);
        if (rank_schedules_[static_cast<std::size_t>(rank)].kernels > 1)
            kernel_steps_[static_cast<std::size_t>(rank)].push_back(step);
    }

    const NcclCommunicator& communicator_;
    const Fabric& fabric_;
    const NcclCosts& costs_;
    Schedule& schedule_;
    Ledger ledger_;
    NcclCopies copies_;
    NcclProxies proxies_;
    std::vector<NcclRankSchedule> rank_schedules_;
    std::vector<std::vector<Place>> places_;         // of each rank, by round and channel
    std::vector<std::vector<Cta>> ctas_;             // of each rank, by channel
    std::vector<std::vector<StepId>> launched_;      // of each rank, by kernel: where it begins
    std::vector<std::vector<StepId>> kernel_steps_;  // of each rank with several kernels: what they ran so far
    std::vector<Peers> peers_;                       // of each rank
};

}  // namespace

/// As NCCL carries them out: rounds, channels, batches with a barrier a CTA, protocols and PXN are those of
/// collective/nccl/, by the version's rules. A transfer begins when both ends have come to it, and flows no faster than the fewer
/// warps of both ends, a connection and the proxies let it. Not modelled: a sender that runs ahead into the FIFO of a receiver
/// that is late, and the senders of a node that complete together in one network receive.
std::vector<StepId> append_nccl(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                const std::vector<StepId>& ready, Schedule& schedule) {
    const VolumeMatrix& volumes = exchange.volumes;
    const NcclCommunicator communicator = nccl_communicator_of(fabric, volumes.rows(), costs.nccl);
    const bool is_one_domain = communicator.node_count() == 1 && communicator.share_nvlink(0, volumes.rows() - 1);
    if (costs.nccl.copy_engines && is_one_domain && is_equal(volumes))
        return append_copy_engines(volumes, costs.nccl, ready, schedule);
    return Planner(communicator, volumes, fabric, costs.nccl, ready, schedule).plan();
}

NcclScheduleSummary summarise_nccl(const Fabric& fabric, int ranks, Bytes volume, const Costs& costs) {
    const NcclCommunicator communicator = nccl_communicator_of(fabric, ranks, costs.nccl);
    VolumeMatrix volumes(ranks, ranks);
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination) volumes.at(source, destination) = volume;
    return summarise(communicator, schedule_rank(communicator, volumes, 0));
}

int nccl_sms(const Costs& costs, const Fabric& fabric) {
    return nccl_communicator_of(fabric, fabric.rank_count(), costs.nccl).channels;
}

const Algorithm nccl_algorithm{
    .name = "nccl",
    .summary = "grouped ncclSend/ncclRecv, or ncclAlltoAll, as NCCL 2.27 to 2.30 schedule it",
    .costs = "nccl",
    .sms = nccl_sms,
    .buffers = nccl_buffers,
    .append = append_nccl,
};

}  // namespace tokenyard
