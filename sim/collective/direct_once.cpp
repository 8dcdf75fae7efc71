// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
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

Kernel kernel_of(Direction direction, const DirectOnceCosts& costs) {
    Kernel kernel{costs.launch,  costs.token_time,   costs.finish,           costs.worker_rate,
                  costs.sm_rate, costs.chunk_tokens, costs.nvlink_efficiency};
    if (direction == Direction::dispatch) return kernel;
    kernel = {costs.combine_launch,  costs.combine_token_time,   costs.combine_finish,           costs.combine_worker_rate,
              costs.combine_sm_rate, costs.combine_chunk_tokens, costs.combine_nvlink_efficiency};
    if (costs.combine_chunk_tokens == 0) kernel.chunk_tokens = costs.chunk_tokens;
    return kernel;
}

Bytes direct_once_token_size(const Exchange& exchange, const Costs& costs) {
    const DirectOnceCosts& own = costs.direct_once;
    const bool is_dispatch = exchange.direction == Direction::dispatch;
    const double header =
        in_bytes(is_dispatch ? own.token_header : own.combine_token_header) +
        in_bytes(is_dispatch ? own.choice_header : own.combine_choice_header) * exchange.tokens->experts_per_token +
        (is_dispatch ? in_bytes(own.expert_header) * exchange.tokens->experts : 0);
    const double whole = in_bytes(exchange.tokens->message.body()) + header;
    return bytes(std::ceil(whole / own.alignment) * own.alignment);
}

/// Plans both directions. `home` is the rank of a token, `other` one that has experts of it.
class DirectOnce {
public:
    DirectOnce(const Exchange& exchange, const Fabric& fabric, const Costs& costs, Schedule& schedule)
        : fabric_(fabric),
          costs_(costs.direct_once),
          schedule_(schedule),
          ranks_(exchange.volumes.rows()),
          rows_(exchange.tokens->counts.unique_per_rank),
          is_dispatch_(exchange.direction == Direction::dispatch),
          is_pulled_(!is_dispatch_ && costs_.pulls),
          kernel_(kernel_of(exchange.direction, costs_)),
          size_(direct_once_token_size(exchange, costs)) {
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
        std::vector<StepId> begun = add_pauses(kernel_.launch, Delay::launch, ready, schedule_);
        if (!is_dispatch_ && costs_.stages) begun = copies_of_received(begun);
        begun = add_barrier(begun, schedule_);
        std::vector<StepId> done = padded(move(begun));
        if (!is_pulled_) done = add_barrier(done, schedule_);
        done = add_pauses(kernel_.finish, Delay::message, done, schedule_);
        if (is_dispatch_) return costs_.copies_out ? copies_of_received(done) : done;
        return is_pulled_ || !costs_.adds ? done : sums_of(done);
    }

private:
    double worker_count() const { return static_cast<double>(costs_.sms) * costs_.workers; }
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
        const double tokens = tokens_through(rank);
        const Bytes all = bytes_through(rank, true), remote = bytes_through(rank, false);
        if (remote.si == 0) return no_link;
        const double chunk = kernel_.chunk_tokens, workers = worker_count();
        const double busiest = std::min(std::ceil(std::ceil(tokens / chunk) / workers) * chunk, tokens);
        Seconds time = kernel_.token_time * busiest;
        if (kernel_.worker_rate.si > 0) time += all * (busiest / tokens) / kernel_.worker_rate;
        if (kernel_.sm_rate.si > 0) time = std::max(time, all / (kernel_.sm_rate * costs_.sms));
        if (time.si == 0) return no_link;
        const Bandwidth rate = remote / time / kernel_.nvlink_efficiency;
        return schedule_.add_resource(fabric_, {fabric_.gpu_name(rank) + "/sms", LinkKind::sm, rate, {}});
    }

    /// Kernels that walk over a buffer's whole room spend time on what is not there.
    std::vector<StepId> padded(const std::vector<StepId>& done) {
        if (is_dispatch_) return add_pauses(costs_.room_token * costs_.capacity, Delay::message, done, schedule_);
        if (costs_.padded_token.si == 0) return done;
        std::vector<StepId> walked;
        for (int rank = 0; rank < ranks_; ++rank) {
            const double missing = std::max(0.0, costs_.capacity - value_of(tokens_, rank));
            walked.push_back(add_pause(rank, costs_.padded_token * std::ceil(missing / worker_count()), Delay::message,
                                       {done[static_cast<std::size_t>(rank)]}, schedule_));
        }
        return walked;
    }

    /// What dispatch brought to each rank, copied in its memory: out of the buffer, or into combine's.
    std::vector<StepId> copies_of_received(const std::vector<StepId>& after) {
        constexpr int read_and_written = 2;
        std::vector<StepId> copied;
        for (int rank = 0; rank < ranks_; ++rank)
            copied.push_back(copy(rank, size_ * value_of(received_, rank) * read_and_written, after));
        return copied;
    }
    /// Each home reads what came back for its tokens, and writes a row for each.
    std::vector<StepId> sums_of(const std::vector<StepId>& after) {
        std::vector<StepId> summed;
        for (int rank = 0; rank < ranks_; ++rank) {
            double rows = value_of(tokens_, rank);
            for (int other = 0; other < ranks_; ++other) rows += rows_.at(rank, other);
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
    const DirectOnceCosts& costs_;
    Schedule& schedule_;
    int ranks_;
    const RankMatrix<std::uint32_t>& rows_;  // home x rank with experts of its tokens
    bool is_dispatch_, is_pulled_;
    Kernel kernel_;
    Bytes size_;
    std::vector<double> tokens_, received_;  // of each rank: its own tokens; rows that it received in dispatch
};

/// Once a token to each rank that has some of its experts, straight over NVLink; whole-batch receive buffers, so that no sender
/// waits for a receiver. A barrier over all ranks at both ends (combine that is pulled: at its begin). See docs/algorithms.md for
/// which libraries do so, and parts/libraries/ for what sets them apart.
std::vector<StepId> append_direct_once(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                       const std::vector<StepId>& ready, Schedule& schedule) {
    return DirectOnce(exchange, fabric, costs, schedule).plan(ready);
}

std::string refuses_several_islands(const Exchange& exchange, const Fabric& fabric) {
    if (std::string reason = refuses_matrices(exchange, fabric); !reason.empty()) return reason;
    const std::vector<int> islands = fabric.island_of_each_rank();
    const auto ranks = static_cast<std::size_t>(exchange.volumes.rows());
    if (std::all_of(islands.begin(), islands.begin() + static_cast<std::ptrdiff_t>(ranks),
                    [&](int each) { return each == islands.front(); }))
        return "";
    return "found ranks that NVLink does not join; expected one NVLink domain (two-level sends between nodes)";
}

}  // namespace

const Algorithm direct_once_algorithm{
    .name = "direct-once",
    .summary = "once a token to each rank that needs it, straight over NVLink (DeepEP V2, NCCL-EP, FlashInfer, MoRI)",
    .granularity = Granularity::rank,
    .packing = Packing::in_place,
    .costs = "direct_once",
    .token_size = [](const Exchange& exchange, const Fabric&,
                     const Costs& costs) { return direct_once_token_size(exchange, costs); },
    .sms = [](const Costs& costs, const Fabric&) { return costs.direct_once.sms; },
    .refusal = refuses_several_islands,
    .append = append_direct_once,
};

}  // namespace tokenyard
