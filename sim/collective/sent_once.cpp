// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/buffers.hpp"
#include "collective/relay.hpp"
#include "collective/steps.hpp"

#include <algorithm>
#include <cmath>

namespace tokenyard {
namespace {

/// What the kernels of one direction are like; combine's costs follow dispatch's where they are not given.
struct Kernel {
    Seconds launch, token_time, finish;
    Bandwidth worker_rate, sm_rate;
    int chunk_tokens = 1;
    double nvlink_efficiency = 1;
};

Kernel kernel_of(Direction direction, const SentOnceCosts& costs) {
    Kernel kernel{costs.launch,  costs.token_time,   costs.finish,           costs.worker_rate,
                  costs.sm_rate, costs.chunk_tokens, costs.nvlink_efficiency};
    if (direction == Direction::dispatch) return kernel;
    kernel = {costs.combine_launch,  costs.combine_token_time,   costs.combine_finish,           costs.combine_worker_rate,
              costs.combine_sm_rate, costs.combine_chunk_tokens, costs.combine_nvlink_efficiency};
    if (costs.combine_chunk_tokens == 0) kernel.chunk_tokens = costs.chunk_tokens;
    return kernel;
}

Bytes sent_once_token_size(const Exchange& exchange, const Fabric& fabric, const Costs& costs) {
    const SentOnceCosts& own = costs.sent_once;
    const bool is_dispatch = exchange.direction == Direction::dispatch;
    const auto islands = static_cast<int>(Islands(fabric, exchange.volumes.rows()).count());
    const Bytes for_choice = is_dispatch   ? own.choice_header
                             : islands > 1 ? own.combine_network_choice_header
                                           : own.combine_choice_header;
    const Bytes header = (is_dispatch ? own.token_header : own.combine_token_header) +
                         for_choice * exchange.tokens->experts_per_token +
                         (is_dispatch ? own.expert_header * exchange.tokens->experts / islands : Bytes{});
    const double whole = in_bytes(exchange.tokens->message.body() + header);
    return bytes(std::ceil(whole / own.alignment) * own.alignment);
}

/// Of messages to other domains that kernels wait for, one behind the other.
Seconds time_of_trips(const Exchange& exchange, const Fabric& fabric, const Islands& islands, const SentOnceCosts& costs,
                      int rank) {
    if (islands.count() == 1) return {};
    const int count = exchange.direction == Direction::dispatch ? costs.network_trips : costs.combine_network_trips;
    const int other = islands.gateway(rank, (islands.of(rank) + 1) % islands.count());
    std::vector<LinkId> links;
    return (costs.network_latency + append_links(fabric, transfer(rank, other, {}), links)) * count;
}

/// Counts come over the network, and only then the host goes on.
Seconds time_until_counts(const Exchange& exchange, const Fabric& fabric, const Costs& costs) {
    const Islands islands(fabric, exchange.volumes.rows());
    if (exchange.direction == Direction::combine || islands.count() == 1) return {};
    return costs.sent_once.network_launch + time_of_trips(exchange, fabric, islands, costs.sent_once, 0);
}

/// Plans both directions. `home` is the rank of a token, `other` one that has experts of it.
class SentOnce {
public:
    SentOnce(const Exchange& exchange, const Fabric& fabric, const Costs& costs, Schedule& schedule)
        : fabric_(fabric),
          costs_(costs.sent_once),
          schedule_(schedule),
          ranks_(exchange.volumes.rows()),
          rows_(exchange.tokens->counts.unique_per_rank),
          is_dispatch_(exchange.direction == Direction::dispatch),
          is_pulled_(!is_dispatch_ && costs_.pulls),
          kernel_(kernel_of(exchange.direction, costs_)),
          exchange_(exchange),
          islands_(fabric, ranks_),
          crosses_(islands_.count() > 1),
          size_(sent_once_token_size(exchange, fabric, costs)) {
        const double k = exchange.tokens->experts_per_token;
        for (int rank = 0; rank < ranks_; ++rank) {
            double copies = 0, received = 0;
            for (int other = 0; other < ranks_; ++other) {
                copies += exchange.tokens->counts.copies.at(rank, other);
                received += rows_.at(other, rank);
            }
            tokens_.push_back(copies / k);
            received_.push_back(received);
        }
    }

    std::vector<StepId> plan(const std::vector<StepId>& ready) {
        std::vector<StepId> begun = add_pauses(launch(), Delay::launch, ready, schedule_);
        if (!is_dispatch_ && costs_.stages) begun = copies_of_received(begun);
        if (is_dispatch_ && crosses_ && costs_.network_stages) begun = copies_of_tokens(begun);
        begun = add_barrier(begun, schedule_);
        if (crosses_) begun = trips(begun);
        std::vector<StepId> done = padded(crosses_ ? relay(begun) : move(begun));
        if (is_dispatch_) done = barrier_of_domains(done);
        else if (!is_pulled_) done = add_barrier(done, schedule_);
        done = add_pauses(kernel_.finish, Delay::message, done, schedule_);
        if (is_dispatch_) return costs_.copies_out ? copies_of_received(done) : done;
        return is_pulled_ || !costs_.adds ? done : sums_of(done);
    }

private:
    double worker_count() const { return static_cast<double>(costs_.sms) * costs_.workers; }
    double channel_count() const { return static_cast<double>(costs_.sms) * costs_.network_workers; }
    Seconds launch() const {
        if (!crosses_) return kernel_.launch;
        return kernel_.launch + (is_dispatch_ ? costs_.network_launch : costs_.combine_network_launch);
    }
    /// Rows of a home on another rank.
    Bytes volume(int home, int other) const { return size_ * rows_.at(home, other); }

    std::vector<StepId> move(const std::vector<StepId>& begun) {
        Ledger ledger(ranks_);
        std::vector<LinkId> sms;
        for (int rank = 0; rank < ranks_; ++rank) sms.push_back(threads_of(rank));
        std::vector<StepId> added;
        for (int home = 0; home < ranks_; ++home)
            for (int other = 0; other < ranks_; ++other) {
                if (rows_.at(home, other) == 0) continue;
                const int source = is_dispatch_ ? home : other, destination = is_dispatch_ ? other : home;
                const StepId& start = begun[static_cast<std::size_t>(source)];
                added.clear();
                if (home == other) {
                    schedule_.kept += volume(home, other);
                    added.push_back(add_copy(home, volume(home, other), 2, {&start, 1}, schedule_));
                } else {
                    Step step = transfer(source, destination, volume(home, other));
                    step.resources[0] = sms[static_cast<std::size_t>(is_pulled_ ? destination : source)];
                    step.wire_per_byte = static_cast<float>(1 / kernel_.nvlink_efficiency);
                    step.source_memory = step.destination_memory = 1;
                    add_striped(fabric_, step, {&start, 1}, schedule_, added);
                }
                if (!is_pulled_) ledger.note(schedule_, added);
                else
                    for (const StepId each : added) ledger.note_at(home, each);  // the other's kernel does not see it
            }
        return ledger.close(begun, schedule_);
    }

    /// Dispatch ends when all of a domain have, as what they store to one another is seen then.
    std::vector<StepId> barrier_of_domains(const std::vector<StepId>& done) {
        std::vector<StepId> ends(done.size());
        for (std::size_t island = 0; island < islands_.count(); ++island) {
            std::vector<StepId> waits;
            for (const int rank : islands_.ranks(island)) waits.push_back(done[static_cast<std::size_t>(rank)]);
            const StepId end = add_pause(islands_.ranks(island).front(), {}, Delay::none, waits, schedule_);
            for (const int rank : islands_.ranks(island)) ends[static_cast<std::size_t>(rank)] = end;
        }
        return ends;
    }

    /// What its kernels ask of other domains and wait for, beside the data.
    std::vector<StepId> trips(const std::vector<StepId>& after) {
        std::vector<StepId> made;
        for (int rank = 0; rank < ranks_; ++rank)
            made.push_back(add_pause(rank, time_of_trips(exchange_, fabric_, islands_, costs_, rank), Delay::handshake,
                                     {after[static_cast<std::size_t>(rank)]}, schedule_));
        return made;
    }

    /// Between NVLink domains: each token once to each of them.
    std::vector<StepId> relay(const std::vector<StepId>& begun) {
        RelayKernel kernel;
        kernel.token_size = size_;
        kernel.channels = static_cast<int>(channel_count());
        kernel.chunk_tokens = network_chunk();
        kernel.message_delay = kernel.sums_delay = costs_.network_latency;
        kernel.nvlink_efficiency = kernel_.nvlink_efficiency;
        kernel.pulls = is_pulled_;
        for (int rank = 0; rank < ranks_; ++rank) add_threads_of_roles(rank, kernel);
        return append_relay(exchange_, fabric_, kernel, begun, most_forward_groups, schedule_);
    }
    double network_chunk() const {
        return !is_dispatch_ && costs_.combine_network_chunk_tokens > 0 ? costs_.combine_network_chunk_tokens
                                                                        : costs_.network_chunk_tokens;
    }

    void add_threads_of_roles(int rank, RelayKernel& kernel) {
        LinkId send = no_link, forward = no_link, own = no_link;
        if (is_dispatch_) {
            forward = own = add_threads(rank, "/sms", forwarded(rank));
        } else if (is_pulled_) {
            send = add_threads(rank, "/sms", fetched(rank));
        } else {
            send = own = add_threads(rank, "/sms/send", sent(rank));
            forward = add_threads(rank, "/sms/add", added(rank));
        }
        kernel.send.push_back(send);
        kernel.forward.push_back(forward);
        kernel.own.push_back(own);
    }

    /// What threads of a rank have to do: bytes that they move on links and in all, and their busiest worker's part of it.
    struct Work {
        Bytes remote{}, all{};
        double tokens = 0, of_busiest = 0;
        Bandwidth worker_rate{};
        double nvlink_efficiency = 1;  // of what it stores to NVLink or loads from there

        void add(double count, double chunk, double workers) {
            tokens += count;
            of_busiest += std::min(std::ceil(std::ceil(count / chunk) / workers) * chunk, count);
        }
    };

    /// Calls visit(home) for the ranks whose tokens for this rank's domain come to it or are its own.
    template <class Visit>
    void for_each_home(int gateway, const Visit& visit) const {
        for (int home = 0; home < ranks_; ++home)
            if (islands_.gateway(home, islands_.of(gateway)) == gateway && tokens_for(home, gateway) > 0) visit(home);
    }
    double tokens_for(int home, int gateway) const {
        return exchange_.tokens->counts.unique_per_island.at(home, static_cast<int>(islands_.of(gateway)));
    }
    double rows_in_domain(int home, int gateway) const {
        double rows = 0;
        for (const int rank : islands_.ranks(islands_.of(gateway))) rows += rows_.at(home, rank);
        return rows;
    }

    /// Dispatch: rows that a gateway sends on in its domain, its own tokens' too. What it sends to gateways is copied once, by
    /// threads beside these and inside its memory, and counts as nothing.
    Work forwarded(int gateway) const {
        Work work{.worker_rate = kernel_.worker_rate, .nvlink_efficiency = kernel_.nvlink_efficiency};
        for_each_home(gateway, [&](int home) {
            const double rows = rows_in_domain(home, gateway);
            work.all += size_ * rows;
            work.remote += size_ * (rows - rows_.at(home, gateway));
            work.add(tokens_for(home, gateway), kernel_.chunk_tokens, worker_count());
        });
        return work;
    }
    /// Combine that is sent: rows that a rank sends to gateways of its domain, itself among them.
    Work sent(int rank) const {
        Work work{.worker_rate = kernel_.worker_rate, .nvlink_efficiency = kernel_.nvlink_efficiency};
        work.all = size_ * value_of(received_, rank);
        work.remote = size_ * (value_of(received_, rank) - rows_.at(rank, rank));
        work.add(value_of(received_, rank), kernel_.chunk_tokens, worker_count());
        return work;
    }
    /// And sums that a gateway makes, its own tokens' too, by other warps of the same SMs: they load into registers and store to
    /// their own memory, and are taken not to slow what is sent.
    Work added(int gateway) const {
        Work work;
        for_each_home(gateway, [&](int home) {
            const double tokens = tokens_for(home, gateway);
            work.all += size_ * tokens;
            if (home != gateway) work.remote += size_ * tokens;
            work.add(tokens, 1, channel_count());
        });
        return work;
    }
    /// Combine that is fetched: rows that a gateway reads in its domain to add them for ranks of others.
    Work fetched(int gateway) const {
        Work work{.worker_rate = costs_.network_sum_rate, .nvlink_efficiency = kernel_.nvlink_efficiency};
        for_each_home(gateway, [&](int home) {
            if (home == gateway) return;
            const double rows = rows_in_domain(home, gateway);
            work.all += size_ * rows;
            work.remote += size_ * (rows - rows_.at(home, gateway));
            work.add(tokens_for(home, gateway), costs_.network_chunk_tokens, channel_count());
        });
        return work;
    }

    /// Tokens that a rank's kernel goes through, and rows that it moves for them: a home's tokens with all of their rows where it
    /// sends or fetches them, and the rows that it received, one by one, where it sends them back.
    double tokens_through(int rank) const { return value_of(is_dispatch_ || is_pulled_ ? tokens_ : received_, rank); }
    Bytes bytes_through(int rank, bool with_own) const {
        Bytes sum;
        for (int other = 0; other < ranks_; ++other)
            if (with_own || other != rank) sum += is_dispatch_ || is_pulled_ ? volume(rank, other) : volume(other, rank);
        return sum;
    }

    /// Its SMs as a link: what goes through it takes as long as the busiest worker, or as all workers of an SM together. Own rows
    /// go through the same workers between the others, so that these get so much less of them.
    LinkId threads_of(int rank) {
        Work work{.worker_rate = kernel_.worker_rate, .nvlink_efficiency = kernel_.nvlink_efficiency};
        work.all = bytes_through(rank, true);
        work.remote = bytes_through(rank, false);
        work.add(tokens_through(rank), kernel_.chunk_tokens, worker_count());
        return add_threads(rank, "/sms", work);
    }
    LinkId add_threads(int rank, const char* name, const Work& work) {
        const Seconds time = time_of(work);
        if (work.remote.si == 0 || time.si == 0) return no_link;
        const Bandwidth rate = work.remote / time / work.nvlink_efficiency;
        return schedule_.add_resource(fabric_, {fabric_.gpu_name(rank) + name, LinkKind::sm, rate, {}});
    }
    Seconds time_of(const Work& work) const {
        if (work.tokens == 0) return {};
        const double rounds = costs_.round_size.si > 0 ? std::ceil(size_ / costs_.round_size) : 1;
        Seconds time = kernel_.token_time * rounds * work.of_busiest;
        if (work.worker_rate.si > 0) time += work.all * (work.of_busiest / work.tokens) / work.worker_rate;
        if (kernel_.sm_rate.si > 0) time = std::max(time, work.all / (kernel_.sm_rate * costs_.sms));
        return time;
    }

    /// Kernels that walk over a buffer's whole room spend time on what is not there.
    std::vector<StepId> padded(const std::vector<StepId>& done) {
        if (is_dispatch_) return add_pauses(costs_.room_token * costs_.capacity, Delay::message, done, schedule_);
        if (costs_.padded_token.si == 0) return done;
        const double workers = crosses_ ? channel_count() : worker_count();
        std::vector<StepId> walked;
        for (int rank = 0; rank < ranks_; ++rank) {
            const double missing = std::max(0.0, costs_.capacity - value_of(tokens_, rank));
            walked.push_back(add_pause(rank, costs_.padded_token * std::ceil(missing / workers), Delay::message,
                                       {done[static_cast<std::size_t>(rank)]}, schedule_));
        }
        return walked;
    }

    /// What dispatch brought to each rank, copied in its memory: out of the buffer, or into combine's.
    std::vector<StepId> copies_of_received(const std::vector<StepId>& after) { return copies_of(received_, after); }
    /// A rank's own tokens, into the buffer that its NIC reads.
    std::vector<StepId> copies_of_tokens(const std::vector<StepId>& after) { return copies_of(tokens_, after); }
    std::vector<StepId> copies_of(const std::vector<double>& rows, const std::vector<StepId>& after) {
        constexpr int read_and_written = 2;
        std::vector<StepId> copied;
        for (int rank = 0; rank < ranks_; ++rank)
            copied.push_back(copy(rank, size_ * value_of(rows, rank) * read_and_written, after));
        return copied;
    }
    /// Each home reads what came back for its tokens, a row for each rank or each domain, and writes a row for each token.
    std::vector<StepId> sums_of(const std::vector<StepId>& after) {
        const RankMatrix<std::uint32_t>& back = crosses_ ? exchange_.tokens->counts.unique_per_island : rows_;
        std::vector<StepId> summed;
        for (int rank = 0; rank < ranks_; ++rank) {
            double rows = value_of(tokens_, rank);
            for (const std::uint32_t each : back.row(rank)) rows += each;
            summed.push_back(copy(rank, size_ * rows, after));
        }
        return summed;
    }
    StepId copy(int rank, Bytes moved, const std::vector<StepId>& after) {
        const Bytes whole = bytes(std::ceil(in_bytes(moved) / costs_.memory_efficiency));
        return add_copy(rank, whole, 1, {&after[static_cast<std::size_t>(rank)], 1}, schedule_);
    }

    static double value_of(const std::vector<double>& of_rank, int rank) { return of_rank[static_cast<std::size_t>(rank)]; }

    const Fabric& fabric_;
    const SentOnceCosts& costs_;
    Schedule& schedule_;
    int ranks_;
    const RankMatrix<std::uint32_t>& rows_;  // home x rank with experts of its tokens
    bool is_dispatch_, is_pulled_;
    Kernel kernel_;
    const Exchange& exchange_;
    Islands islands_;
    bool crosses_;  // more than one NVLink domain
    Bytes size_;
    std::vector<double> tokens_, received_;  // of each rank: its own tokens; rows that it received in dispatch
};

/// Once a token to each rank that has some of its experts, straight over NVLink; between NVLink domains once to each of them, to
/// the GPU of the sender's index, which forwards it (collective/relay.hpp). Whole-batch receive buffers, so that no sender waits
/// for a receiver. A barrier over all ranks at both ends (combine that is pulled: at its begin). See docs/algorithms.md for which
/// libraries do so, and parts/libraries/ for what sets them apart.
std::vector<StepId> append_sent_once(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                     const std::vector<StepId>& ready, Schedule& schedule) {
    return SentOnce(exchange, fabric, costs, schedule).plan(ready);
}

std::string refuses_what_it_cannot_reach(const Exchange& exchange, const Fabric& fabric, const Costs& costs) {
    if (std::string reason = refuses_matrices(exchange, fabric, costs); !reason.empty()) return reason;
    if (costs.sent_once.crosses_nodes || Islands(fabric, exchange.volumes.rows()).count() == 1) return "";
    return "found ranks that NVLink does not join, and a library that sends over NVLink alone (sent_once.crosses_nodes: no); "
           "expected one NVLink domain";
}

}  // namespace

const Algorithm sent_once_algorithm{
    .name = "sent-once",
    .summary = "once a token to each rank over NVLink, once to each NVLink domain (DeepEP V2, NCCL-EP, FlashInfer, MoRI)",
    .granularity = Granularity::island,
    .packing = Packing::in_place,
    .costs = "sent_once",
    .token_size = sent_once_token_size,
    .sms = [](const Costs& costs, const Fabric&) { return costs.sent_once.sms; },
    .buffers = sent_once_buffers,
    .host_waits = time_until_counts,
    .refusal = refuses_what_it_cannot_reach,
    .append = append_sent_once,
};

}  // namespace tokenyard
