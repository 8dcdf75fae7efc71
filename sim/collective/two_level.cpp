// SPDX-License-Identifier: Apache-2.0
#include "collective/two_level.hpp"

#include "collective/steps.hpp"
#include "collective/two_level_groups.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace tokenyard {
namespace {

/// A step and what of it may go on early: `rest` ends last, and behind `head` those that forward it can begin. Both are the
/// same where the whole fits into one chunk.
struct Stream {
    std::vector<StepId> head, rest;

    void add(StepId step) {
        head.push_back(step);
        rest.push_back(step);
    }
    void clear() {
        head.clear();
        rest.clear();
    }
};

Bytes aligned_to_16(Bytes size) { return bytes(std::ceil(in_bytes(size) / 16) * 16); }

/// What a token weighs: DeepEP v1.2.1, csrc/kernels/intranode.cu:212-221 and internode.cu:44-47, 462-470, 1555-1720. A
/// token brings its source's index, its expert ids and weights, and with several nodes 8 bytes of its source's place.
Bytes two_level_token_size(const Exchange& exchange, const Fabric& fabric, const Costs&) {
    const double k = exchange.tokens->experts_per_token;
    const Bytes body = exchange.tokens->message.body();
    const bool is_dispatch = exchange.direction == Direction::dispatch;
    if (Islands(fabric, exchange.volumes.rows()).count() > 1) return aligned_to_16(body + bytes(8 + (is_dispatch ? 8 : 4) * k));
    return body + bytes(4 + (is_dispatch ? 12 : 4) * k);
}

/// Plans both directions. Tokens of rank `home` go to (or come from) an island through its gateway there.
class TwoLevel {
public:
    TwoLevel(const Exchange& exchange, const Fabric& fabric, const Costs& all_costs, const std::vector<StepId>& ready,
             int most_groups, Schedule& schedule)
        : fabric_(fabric),
          costs_(all_costs.two_level),
          schedule_(schedule),
          ranks_(exchange.volumes.rows()),
          islands_(fabric, ranks_),
          homes_(exchange.tokens->counts, islands_, most_groups),
          size_(two_level_token_size(exchange, fabric, all_costs)),
          ledger_(ranks_),
          sm_rate_(sm_rate_of(exchange.direction)),
          channels_(costs_.sms / 2) {
        begun_ = add_pauses(exchange.direction == Direction::combine ? costs_.combine_launch : costs_.launch, Delay::launch,
                            add_barrier(ready, schedule), schedule);
        for (int rank = 0; rank < ranks_; ++rank) {
            const bool is_one = islands_.count() == 1, is_dispatch = exchange.direction == Direction::dispatch;
            sending_.push_back(copying_threads(rank, "/sms/send", is_one || !is_dispatch));
            forwarding_.push_back(copying_threads(rank, "/sms/forward", is_one || is_dispatch));
        }
        reserve_steps(exchange.tokens->counts, most_groups);
    }

    std::vector<StepId> dispatch() {
        homes_.for_each_group([&](std::span<const int> homes, std::size_t island) {
            const int gateway = islands_.gateway(homes.front(), island);
            arriving_.clear();
            for (const int home : homes)
                if (gateway == home) arriving_.add(begun(home));
                else send_to_gateway(home, gateway, island, arriving_);
            forward_tokens(gateway, island, homes);
        });
        return ledger_.close(begun_, schedule_);
    }

    std::vector<StepId> combine() {
        homes_.for_each_group([&](std::span<const int> homes, std::size_t island) {
            return_sums(islands_.gateway(homes.front(), island), island, homes);
        });
        return ledger_.close(begun_, schedule_);
    }

private:
    Bandwidth sm_rate_of(Direction direction) const {
        const bool is_combine = direction == Direction::combine;
        if (islands_.count() == 1) return is_combine ? costs_.combine_sm_rate : costs_.sm_rate;
        return is_combine ? costs_.combine_forward_sm_rate : costs_.forward_sm_rate;
    }

    StepId begun(int rank) const { return begun_[static_cast<std::size_t>(rank)]; }
    /// A gateway sends on what has arrived, to each rank that needs it.
    void forward_tokens(int gateway, std::size_t island, std::span<const int> homes) {
        const Forward forward = homes_.forward_of(homes, island);
        gather(gateway, homes);
        for (std::size_t i = 0; i < forward.tokens.size(); ++i) {
            const Bytes volume = size_ * forward.tokens[i];
            const int rank = islands_.ranks(island)[i];
            if (volume.si == 0) continue;
            if (rank == homes.front()) copy_to_self(rank, volume);
            else if (rank == gateway) ledger_.note(schedule_, add_copy(gateway, volume, 2, arriving_.rest, schedule_));
            else pass_on(transfer(gateway, rank, volume), chunk_part(forward.distinct));
        }
    }

    /// A gateway gathers what the ranks of its island have for the homes, and sends each its sums.
    void return_sums(int gateway, std::size_t island, std::span<const int> homes) {
        const Forward forward = homes_.forward_of(homes, island);
        const bool is_own = gateway == homes.front();
        arriving_.clear();
        arriving_.add(begun(gateway));
        for (std::size_t i = 0; i < forward.tokens.size(); ++i) {
            const Bytes volume = size_ * forward.tokens[i];
            const int rank = islands_.ranks(island)[i];
            if (volume.si == 0) continue;
            if (rank == gateway && is_own) copy_to_self(rank, volume);
            if (rank == gateway) continue;
            split(is_own ? transfer(rank, gateway, volume) : transfer(rank, gateway, {}, volume), chunk_part(forward.distinct),
                  arriving_);
        }
        if (is_own) return;
        gather(gateway, homes);
        for (const int home : homes)
            pass_on(transfer(gateway, home, size_ * homes_.tokens_for(home, island)),
                    chunk_part(homes_.tokens_for(home, island)));
    }

    /// A pause between the many streams of a group and the many that wait for them, so that waits do not multiply.
    void gather(int gateway, std::span<const int> homes) {
        if (homes.size() == 1) return;
        const StepId rest = add_pause(gateway, {}, Delay::none, arriving_.rest, schedule_);
        const StepId head =
            arriving_.head == arriving_.rest ? rest : add_pause(gateway, {}, Delay::none, arriving_.head, schedule_);
        arriving_ = {{head}, {rest}};
    }

    /// What they store to NVLink counts as often here as there, so that how well it is filled does not slow them.
    LinkId copying_threads(int rank, const std::string& name, bool store_to_nvlink) {
        if (sm_rate_.si == 0) return no_link;
        const Bandwidth rate = sm_rate_ * (channels_ / (store_to_nvlink ? costs_.nvlink_efficiency : 1));
        return schedule_.add_resource(fabric_, {fabric_.gpu_name(rank) + name, LinkKind::sm, rate, {}});
    }

    /// The part of a stream of so many tokens that fills one chunk on every channel; 1 when it has hardly more, too.
    double chunk_part(double tokens) const {
        const double part = costs_.chunk_tokens * channels_ / tokens;
        constexpr double most = 0.5;  // a head that is longer than its rest hides nothing
        return part < most ? part : 1;
    }

    void send_to_gateway(int home, int gateway, std::size_t island, Stream& sent) {
        const Bytes all = size_ * homes_.tokens_for(home, island), its_own = size_ * homes_.tokens_for_rank(home, gateway);
        Step step = transfer(home, gateway, its_own, all - its_own);
        step.delay = costs_.chunk_overhead;
        step.delay_is = Delay::message;
        split(step, chunk_part(homes_.tokens_for(home, island)), sent);
    }

    /// The first chunk, and behind it the rest; both are added to `stream`.
    void split(Step step, double head_part, Stream& stream) {
        set_staging(step, sending_);
        const StepId after = begun(step.source);
        const auto head = static_cast<std::ptrdiff_t>(stream.head.size()), rest = static_cast<std::ptrdiff_t>(stream.rest.size());
        if (head_part >= 1) {
            add_striped(fabric_, step, {&after, 1}, schedule_, stream.rest, channels_);
            stream.head.insert(stream.head.end(), stream.rest.begin() + rest, stream.rest.end());
        } else {
            add_striped(fabric_, part_of(step, 0, head_part), {&after, 1}, schedule_, stream.head, channels_);
            step = part_of(step, head_part, 1);
            step.delay = {};
            step.continues = true;
            const std::span<const StepId> first = std::span(stream.head).subspan(static_cast<std::size_t>(head));
            add_striped(fabric_, step, first, schedule_, stream.rest, channels_);
            ledger_.note(schedule_, first);
        }
        const std::span<const StepId> last = std::span(stream.rest).subspan(static_cast<std::size_t>(rest));
        assert(!last.empty());
        ledger_.note(schedule_, last);
    }

    /// All but the last chunk behind the first one's arrival, and the last chunk behind all of it.
    void pass_on(Step step, double last_part) {
        set_staging(step, forwarding_);
        passed_.clear();
        waits_ = arriving_.rest;
        if (last_part < 1) {
            add_striped(fabric_, part_of(step, 0, 1 - last_part), arriving_.head, schedule_, passed_, channels_);
            waits_.insert(waits_.end(), passed_.begin(), passed_.end());
            step = part_of(step, 1 - last_part, 1);
        }
        add_striped(fabric_, step, waits_, schedule_, passed_, channels_);
        ledger_.note(schedule_, passed_);
    }

    /// With one lane each, a stream or a forward is one step or two, and forwards of a group have up to two pauses.
    void reserve_steps(const TokenMatrix& counts, int most_groups) {
        std::size_t streams = 0, steps = 2 * static_cast<std::size_t>(ranks_);
        for (int home = 0; home < ranks_; ++home)
            for (const std::uint32_t tokens : counts.unique_per_island.row(home)) {
                streams += tokens > 0;
                steps += tokens == 0 ? 0 : chunk_part(tokens) < 1 ? 2 : 1;
            }
        const std::size_t groups = static_cast<std::size_t>(ranks_) * static_cast<std::size_t>(most_groups + 1);
        steps += std::min(streams, groups) * 2 * islands_.ranks(0).size();
        schedule_.reserve(steps, 4 * steps);
    }

    /// Sender's SMs read and store; at the receiver bytes are written to a ring, and read and written from there.
    void set_staging(Step& step, const std::vector<LinkId>& threads) const {
        step.resources[0] = threads[static_cast<std::size_t>(step.source)];
        step.source_memory = 1;
        step.destination_memory = 3;
        if (islands_.of(step.source) == islands_.of(step.destination))
            step.wire_per_byte = static_cast<float>(1 / costs_.nvlink_efficiency);
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
    const Fabric& fabric_;
    const TwoLevelCosts& costs_;
    Schedule& schedule_;
    int ranks_;
    Islands islands_;
    TokensOfHomes homes_;
    Bytes size_;
    Ledger ledger_;
    Bandwidth sm_rate_;
    int channels_;  // an SM that sends and one that receives or forwards
    std::vector<StepId> begun_;
    std::vector<LinkId> sending_, forwarding_;  // of each rank: what its SMs can move
    Stream arriving_;                           // what the next forwards wait for
    std::vector<StepId> passed_, waits_;        // of one forward; kept for their room
};

}  // namespace

std::vector<StepId> append_two_level_in_groups(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                               const std::vector<StepId>& ready, int most_groups, Schedule& schedule) {
    TwoLevel plan(exchange, fabric, costs, ready, most_groups, schedule);
    return exchange.direction == Direction::dispatch ? plan.dispatch() : plan.combine();
}

/// Once a token to each node, to the GPU of the sender's index, which forwards it over NVLink to each rank that needs it;
/// combine sums inside the node and sends back once a token and node. Source: DeepEP v1.2.1, csrc/kernels/internode.cu.
const Algorithm two_level_algorithm{
    .name = "two-level",
    .summary = "once a token to each node, then over NVLink to each rank (DeepEP's normal mode)",
    .granularity = Granularity::island,
    .packing = Packing::in_place,
    .costs = "two_level",
    .token_size = two_level_token_size,
    .sms = [](const Costs& costs, const Fabric&) { return costs.two_level.sms; },
    .refusal = refuses_matrices,
    .append =
        [](const Exchange& exchange, const Fabric& fabric, const Costs& costs, const std::vector<StepId>& ready,
           Schedule& schedule) {
            return append_two_level_in_groups(exchange, fabric, costs, ready, most_forward_groups, schedule);
        },
};

}  // namespace tokenyard
