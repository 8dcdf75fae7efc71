// SPDX-License-Identifier: Apache-2.0
#include "collective/relay.hpp"

#include "collective/steps.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace tokenyard {
namespace {

/// The bytes between two parts of a step, from 0 to 1.
Step part_of(const Step& step, double from, double to) {
    const auto between = [&](Bytes whole) {
        return bytes(std::floor(in_bytes(whole) * to) - std::floor(in_bytes(whole) * from));
    };
    Step part = step;
    part.delivered = between(step.delivered);
    part.relayed = between(step.relayed);
    part.volume = part.delivered + part.relayed;
    return part;
}

class Relay {
public:
    Relay(const Exchange& exchange, const Fabric& fabric, const RelayKernel& kernel, const std::vector<StepId>& begun,
          int most_groups, Schedule& schedule)
        : fabric_(fabric),
          kernel_(kernel),
          schedule_(schedule),
          begun_(begun),
          islands_(fabric, exchange.volumes.rows()),
          homes_(exchange.tokens->counts, islands_, most_groups),
          ledger_(exchange.volumes.rows()) {
        reserve_steps(exchange.tokens->counts, most_groups);
    }

    std::vector<StepId> dispatch() {
        homes_.for_each_group([&](std::span<const int> homes, std::size_t island) {
            const Forward forward = homes_.forward_of(homes, island);
            const int gateway = islands_.gateway(homes.front(), island);
            if (gateway == homes.front()) return spread_own(gateway, island, forward);
            begin_stream(forward.distinct / static_cast<double>(homes.size()));
            for (const int home : homes) {
                const Bytes all = size_of(homes_.tokens_for(home, island)),
                            its_own = size_of(homes_.tokens_for_rank(home, gateway));
                send(transfer(home, gateway, its_own, all - its_own), kernel_.send, kernel_.message_delay);
            }
            gather(gateway, homes);
            forward_tokens(gateway, island, forward);
        });
        return ledger_.close(begun_, schedule_);
    }

    std::vector<StepId> combine() {
        homes_.for_each_group([&](std::span<const int> homes, std::size_t island) {
            const Forward forward = homes_.forward_of(homes, island);
            const int gateway = islands_.gateway(homes.front(), island);
            if (gateway == homes.front()) return collect_own(gateway, island, forward);
            begin_stream(forward.distinct / static_cast<double>(homes.size()));
            for (std::vector<StepId>& piece : arriving_) piece.push_back(begun(gateway));
            for (std::size_t i = 0; i < forward.tokens.size(); ++i)
                if (const int rank = islands_.ranks(island)[i]; rank != gateway)
                    send(transfer(rank, gateway, {}, size_of(forward.tokens[i])), kernel_.send, {});
            gather(gateway, homes);
            for (const int home : homes)
                pass_on(transfer(gateway, home, size_of(homes_.tokens_for(home, island))), kernel_.sums_delay);
        });
        return ledger_.close(begun_, schedule_);
    }

private:
    StepId begun(int rank) const { return begun_[static_cast<std::size_t>(rank)]; }
    Bytes size_of(double tokens) const { return kernel_.token_size * tokens; }

    void begin_stream(double tokens) {
        cuts_ = cuts_of(tokens, kernel_.chunk_tokens * kernel_.channels, islands_.count());
        arriving_.resize(cuts_.size());
        for (std::vector<StepId>& piece : arriving_) piece.clear();
    }

    /// A home's tokens for its own island need no gateway.
    void spread_own(int home, std::size_t island, const Forward& forward) {
        for (std::size_t i = 0; i < forward.tokens.size(); ++i) add_own(home, home, islands_.ranks(island)[i], forward.tokens[i]);
    }
    void collect_own(int home, std::size_t island, const Forward& forward) {
        for (std::size_t i = 0; i < forward.tokens.size(); ++i) add_own(home, islands_.ranks(island)[i], home, forward.tokens[i]);
    }
    void add_own(int home, int source, int destination, double tokens) {
        const Bytes volume = size_of(tokens);
        if (volume.si == 0) return;
        const StepId after = begun(source);
        if (source == destination) {
            schedule_.kept += volume;
            return ledger_.note(schedule_, add_copy(home, volume, kernel_.touches_of_own, {&after, 1}, schedule_));
        }
        added_.clear();
        add_striped(fabric_, carried(transfer(source, destination, volume), kernel_.own), {&after, 1}, schedule_, added_);
        ledger_.note(schedule_, added_);
    }

    /// A gateway sends on what has arrived, to each rank that needs it.
    void forward_tokens(int gateway, std::size_t island, const Forward& forward) {
        for (std::size_t i = 0; i < forward.tokens.size(); ++i) {
            const Bytes volume = size_of(forward.tokens[i]);
            const int rank = islands_.ranks(island)[i];
            if (volume.si == 0) continue;
            if (rank == gateway) ledger_.note(schedule_, add_copy(gateway, volume, 2, arriving_.back(), schedule_));
            else pass_on(transfer(gateway, rank, volume), {});
        }
    }

    /// A pause between the many streams of a group and the many that wait for them, so that waits do not multiply.
    void gather(int gateway, std::span<const int> homes) {
        if (homes.size() == 1) return;
        for (std::vector<StepId>& piece : arriving_) piece = {add_pause(gateway, {}, Delay::none, piece, schedule_)};
    }

    /// Piece behind piece; each is added to what arrives with it.
    void send(const Step& whole, const Threads& threads, Seconds delay) {
        if (whole.volume.si == 0) return;
        Step step = carried(whole, threads);
        step.delay = delay;
        step.delay_is = Delay::message;
        const StepId first = begun(step.source);
        waits_.assign(1, first);
        double from = 0;
        for (std::size_t piece = 0; piece < cuts_.size(); ++piece) {
            added_.clear();
            add_striped(fabric_, part_of(step, from, cuts_[piece]), waits_, schedule_, added_, kernel_.channels);
            arriving_[piece].insert(arriving_[piece].end(), added_.begin(), added_.end());
            from = cuts_[piece];
            if (added_.empty()) continue;  // a piece of no bytes
            ledger_.note(schedule_, added_);
            waits_ = added_;
            step.delay = {};
            step.continues = true;
        }
        assert(step.continues);
    }

    /// Each piece behind the one before and behind its own arrival. The last one pays for the way: by then the others have gone.
    void pass_on(const Step& whole, Seconds delay) {
        if (whole.volume.si == 0) return;
        Step step = carried(whole, kernel_.forward);
        step.delay = delay;
        step.delay_is = Delay::message;
        added_.clear();
        double from = 0;
        for (std::size_t piece = 0; piece < cuts_.size(); ++piece) {
            waits_ = arriving_[piece];
            waits_.insert(waits_.end(), added_.begin(), added_.end());
            step.continues = piece > 0 && piece + 1 < cuts_.size();
            const std::vector<StepId> before = added_;
            added_.clear();
            add_striped(fabric_, part_of(step, from, cuts_[piece]), waits_, schedule_, added_, kernel_.channels);
            ledger_.note(schedule_, added_);
            if (added_.empty()) added_ = before;
            from = cuts_[piece];
            step.delay = {};
        }
    }

    /// With what carries it at both ends.
    Step carried(Step step, const Threads& threads) const {
        const bool is_fetched = kernel_.pulls && islands_.of(step.source) == islands_.of(step.destination);
        step.resources[0] = threads[static_cast<std::size_t>(is_fetched ? step.destination : step.source)];
        step.source_memory = 1;
        step.destination_memory = static_cast<std::uint8_t>(kernel_.touches_at_receiver);
        if (islands_.of(step.source) == islands_.of(step.destination))
            step.wire_per_byte = static_cast<float>(1 / kernel_.nvlink_efficiency);
        return step;
    }

    /// With one lane each, a stream or a forward is a step a piece, and a group has up to a pause a piece.
    void reserve_steps(const TokenMatrix& counts, int most_groups) {
        const int ranks = counts.unique_per_island.rows();
        std::size_t streams = 0, steps = 0, pieces = 1;
        for (int home = 0; home < ranks; ++home)
            for (const std::uint32_t tokens : counts.unique_per_island.row(home)) {
                if (tokens == 0) continue;
                const std::size_t cut = cuts_of(tokens, kernel_.chunk_tokens * kernel_.channels, islands_.count()).size();
                ++streams;
                steps += cut;
                pieces = std::max(pieces, cut);
            }
        const std::size_t groups = static_cast<std::size_t>(ranks) * static_cast<std::size_t>(most_groups + 1);
        steps += std::min(streams, groups) * pieces * islands_.ranks(0).size();
        schedule_.reserve(steps, 4 * steps);
    }

    const Fabric& fabric_;
    const RelayKernel& kernel_;
    Schedule& schedule_;
    const std::vector<StepId>& begun_;
    Islands islands_;
    TokensOfHomes homes_;
    Ledger ledger_;
    std::vector<double> cuts_;                   // of the streams under way
    std::vector<std::vector<StepId>> arriving_;  // of each piece: what its forwards wait for
    std::vector<StepId> added_, waits_;          // kept for their room
};

}  // namespace

std::vector<double> cuts_of(double tokens, double tokens_of_chunks, std::size_t islands) {
    const double chunk = tokens_of_chunks / tokens;
    if (chunk >= 1) return {1};
    if (chunk >= 0.5) return {chunk, 1};
    // Where sending on takes a part r of the time of arriving, a piece that is at most 1/r - 1 times what follows it delays
    // nothing. With more islands r is smaller: each of them gets its tokens once, while NVLink carries about as many as before.
    if (islands > 64) return {std::max(chunk, 0.75), 1};  // hundreds of millions of pieces, at 16,384 GPUs
    const double most = islands <= 2 ? 1.0 / 32 : islands <= 4 ? 1.0 / 16 : islands <= 8 ? 1.0 / 8 : 1.0 / 2;
    const double least = std::max(chunk, islands <= 8 ? 1.0 / 64 : 1.0 / 8), end = 1 - chunk;
    std::vector<double> cuts{chunk};
    while (end - cuts.back() > least / 2) {
        const double piece = std::clamp((1 - cuts.back()) / 2, least, std::max(most, least));
        if (cuts.back() + piece > end - least / 2) break;
        cuts.push_back(cuts.back() + piece);
    }
    if (end > cuts.back()) cuts.push_back(end);
    cuts.push_back(1);
    return cuts;
}

std::vector<StepId> append_relay(const Exchange& exchange, const Fabric& fabric, const RelayKernel& kernel,
                                 const std::vector<StepId>& begun, int most_groups, Schedule& schedule) {
    Relay relay(exchange, fabric, kernel, begun, most_groups, schedule);
    return exchange.direction == Direction::dispatch ? relay.dispatch() : relay.combine();
}

}  // namespace tokenyard
