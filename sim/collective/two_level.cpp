#include "collective/algorithms.hpp"
#include "collective/steps.hpp"

#include <cassert>
#include <cmath>

namespace tokenyard {
namespace {

/// A step and what of it may go on early: `rest` ends last, and behind `head` those that forward it can begin. Both are the
/// same where the whole fits into one chunk.
struct Stream {
    std::vector<StepId> head, rest;
};

Bytes aligned_to_16(Bytes size) { return bytes(std::ceil(in_bytes(size) / 16) * 16); }

/// What a token weighs: DeepEP v1.2.1, csrc/kernels/intranode.cu:212-221 and internode.cu:44-47, 462-470, 1555-1720. A
/// token brings its source's index, its expert ids and weights, and with several nodes 8 bytes of its source's place.
Bytes message_size(const ExchangedTokens& tokens, Direction direction, bool has_several_islands) {
    const double k = tokens.experts_per_token;
    const Bytes body = tokens.message.body();
    if (has_several_islands) return aligned_to_16(body + bytes(8 + (direction == Direction::dispatch ? 8 : 4) * k));
    return body + bytes(4 + (direction == Direction::dispatch ? 12 : 4) * k);
}

/// Plans both directions. Tokens of rank `home` go to (or come from) an island through its gateway there. An island is what
/// NVLink joins: a node, or several of them in a larger domain.
class TwoLevel {
public:
    TwoLevel(const Exchange& exchange, const Fabric& fabric, const TwoLevelCosts& costs, const std::vector<StepId>& ready,
             Schedule& schedule)
        : fabric_(fabric),
          costs_(costs),
          counts_(exchange.tokens->counts),
          schedule_(schedule),
          ranks_(exchange.volumes.rows()),
          ledger_(ranks_),
          island_of_rank_(fabric.island_of_each_rank()) {
        ranks_of_island_.resize(static_cast<std::size_t>(island_of_rank_[static_cast<std::size_t>(ranks_) - 1]) + 1);
        for (int rank = 0; rank < ranks_; ++rank) ranks_of_island_[island_of(rank)].push_back(rank);
        size_ = message_size(*exchange.tokens, exchange.direction, ranks_of_island_.size() > 1);
        begun_ = add_pauses(costs.launch, Delay::launch, add_barrier(ready, schedule), schedule);
        for (int rank = 0; rank < ranks_; ++rank) {
            sending_.push_back(copying_threads(rank, "/sms/send"));
            forwarding_.push_back(copying_threads(rank, "/sms/forward"));
        }
    }

    std::vector<StepId> dispatch() {
        for_each_home_and_island([&](int home, std::size_t island) {
            const int gateway = gateway_of(home, island);
            Stream arriving{{begun(home)}, {begun(home)}};
            if (gateway != home) arriving = send_to_gateway(home, gateway, island);
            for (const int rank : ranks_of_island_[island]) {
                const Bytes volume = size_ * counts_.unique_per_rank.at(home, rank);
                if (volume.si == 0) continue;
                if (rank == home) copy_to_self(home, volume);
                else if (rank == gateway) ledger_.note(schedule_, add_copy(gateway, volume, 2, arriving.rest, schedule_));
                else note(pass_on(transfer(gateway, rank, volume), forwarding_, arriving, chunk_part(home, island)));
            }
        });
        return ledger_.close(begun_, schedule_);
    }

    std::vector<StepId> combine() {
        for_each_home_and_island([&](int home, std::size_t island) {
            const int gateway = gateway_of(home, island);
            Stream arriving{{begun(gateway)}, {begun(gateway)}};
            for (const int rank : ranks_of_island_[island]) {
                const Bytes volume = size_ * counts_.unique_per_rank.at(home, rank);
                if (volume.si == 0 || (rank == gateway && gateway != home)) continue;
                if (rank == home) {
                    copy_to_self(home, volume);
                    continue;
                }
                const Step up = gateway == home ? transfer(rank, home, volume) : transfer(rank, gateway, {}, volume);
                const Stream summand = split(up, sending_, {{begun(rank)}, {begun(rank)}}, chunk_part(home, island));
                note(summand);
                arriving.head.insert(arriving.head.end(), summand.head.begin(), summand.head.end());
                arriving.rest.insert(arriving.rest.end(), summand.rest.begin(), summand.rest.end());
            }
            if (gateway == home) return;
            const Bytes volume = size_ * counts_.unique_per_island.at(home, static_cast<int>(island));
            note(pass_on(transfer(gateway, home, volume), forwarding_, arriving, chunk_part(home, island)));
        });
        return ledger_.close(begun_, schedule_);
    }

private:
    std::size_t island_of(int rank) const { return static_cast<std::size_t>(island_of_rank_[static_cast<std::size_t>(rank)]); }
    StepId begun(int rank) const { return begun_[static_cast<std::size_t>(rank)]; }

    /// The GPU with the same place in that island as `home` has in its own; in proportion where one has more GPUs.
    int gateway_of(int home, std::size_t island) const {
        if (island == island_of(home)) return home;
        const std::vector<int>&here = ranks_of_island_[island_of(home)], &there = ranks_of_island_[island];
        return there[static_cast<std::size_t>(home - here.front()) * there.size() / here.size()];
    }

    template <class Visit>
    void for_each_home_and_island(const Visit& visit) {
        for (int home = 0; home < ranks_; ++home)
            for (std::size_t island = 0; island < ranks_of_island_.size(); ++island)
                if (counts_.unique_per_island.at(home, static_cast<int>(island)) > 0) visit(home, island);
    }

    LinkId copying_threads(int rank, const std::string& name) {
        if (costs_.sm_rate.si == 0) return no_link;
        return schedule_.add_resource(fabric_,
                                      {fabric_.gpu_name(rank) + name, LinkKind::sm, costs_.sm_rate * costs_.channels(), {}});
    }

    /// The part of a stream that fills one chunk on every channel; 1 when it has hardly more, too.
    double chunk_part(int home, std::size_t island) const {
        const double tokens = counts_.unique_per_island.at(home, static_cast<int>(island));
        const double part = costs_.chunk_tokens * costs_.channels() / tokens;
        constexpr double most = 0.5;  // a head that is longer than its rest hides nothing
        return part < most ? part : 1;
    }

    Stream send_to_gateway(int home, int gateway, std::size_t island) {
        const Bytes all = size_ * counts_.unique_per_island.at(home, static_cast<int>(island)),
                    its_own = size_ * counts_.unique_per_rank.at(home, gateway);
        Step step = transfer(home, gateway, its_own, all - its_own);
        step.delay = costs_.chunk_overhead;
        step.delay_is = Delay::message;
        Stream sent = split(step, sending_, {{begun(home)}, {begun(home)}}, chunk_part(home, island));
        note(sent);
        return sent;
    }

    /// The first chunk, and behind it the rest.
    Stream split(Step step, const std::vector<LinkId>& threads, const Stream& after, double head_part) {
        set_staging(step, threads);
        Stream stream;
        if (head_part >= 1) {
            add_striped(fabric_, step, after.rest, schedule_, stream.rest, costs_.channels());
            return {stream.rest, stream.rest};
        }
        add_striped(fabric_, part_of(step, 0, head_part), after.head, schedule_, stream.head, costs_.channels());
        Step rest = part_of(step, head_part, 1);
        rest.delay = {};
        rest.continues = true;
        add_striped(fabric_, rest, stream.head, schedule_, stream.rest, costs_.channels());
        assert(!stream.head.empty() && !stream.rest.empty());
        return stream;
    }

    /// All but the last chunk behind the first one's arrival, and the last chunk behind all of it.
    Stream pass_on(Step step, const std::vector<LinkId>& threads, const Stream& arriving, double last_part) {
        set_staging(step, threads);
        Stream stream;
        std::vector<StepId> waits = arriving.rest;
        if (last_part < 1) {
            add_striped(fabric_, part_of(step, 0, 1 - last_part), arriving.head, schedule_, stream.head, costs_.channels());
            waits.insert(waits.end(), stream.head.begin(), stream.head.end());
            step = part_of(step, 1 - last_part, 1);
        }
        add_striped(fabric_, step, waits, schedule_, stream.rest, costs_.channels());
        return stream;
    }

    /// Sender's SMs read and store; at the receiver bytes are written to a ring, and read and written from there.
    void set_staging(Step& step, const std::vector<LinkId>& threads) const {
        step.resources[0] = threads[static_cast<std::size_t>(step.source)];
        step.source_memory = 1;
        step.destination_memory = 3;
    }

    /// The bytes between two parts of a step, from 0 to 1.
    static Step part_of(const Step& step, double from, double to) {
        const auto between = [&](Bytes whole) {
            return bytes(std::floor(in_bytes(whole) * to) - std::floor(in_bytes(whole) * from));
        };
        Step part = step;
        part.delivered = between(step.delivered);
        part.relayed = between(step.relayed);
        part.volume = part.delivered + part.relayed;
        return part;
    }

    /// Through the ring: into it, and out of it.
    void copy_to_self(int rank, Bytes volume) {
        schedule_.kept += volume;
        ledger_.note(schedule_, add_copy(rank, volume, 4, {&begun_[static_cast<std::size_t>(rank)], 1}, schedule_));
    }
    void note(const Stream& stream) {
        ledger_.note(schedule_, stream.head);
        ledger_.note(schedule_, stream.rest);
    }

    const Fabric& fabric_;
    const TwoLevelCosts& costs_;
    const TokenMatrix& counts_;
    Schedule& schedule_;
    int ranks_;
    Bytes size_;
    Ledger ledger_;
    std::vector<int> island_of_rank_;
    std::vector<std::vector<int>> ranks_of_island_;
    std::vector<StepId> begun_;
    std::vector<LinkId> sending_, forwarding_;  // of each rank: what its SMs can move
};

}  // namespace

std::vector<StepId> append_two_level(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                     const std::vector<StepId>& ready, Schedule& schedule) {
    TwoLevel plan(exchange, fabric, costs.two_level, ready, schedule);
    return exchange.direction == Direction::dispatch ? plan.dispatch() : plan.combine();
}

}  // namespace tokenyard
