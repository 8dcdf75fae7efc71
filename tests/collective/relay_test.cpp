// SPDX-License-Identifier: Apache-2.0
// Streams in pieces: where they are cut, and that no gateway sends on what it does not have.
#include "collective/relay.hpp"

#include "cluster/build_fabric.hpp"
#include "collective/plan.hpp"
#include "engine/simulate.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"
#include "support/random_case.hpp"
#include "support/runs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

namespace tokenyard {
namespace {

bool is_transfer(const Step& step) { return step.kind == StepKind::transfer; }

/// The transfers that a step waits for.
std::vector<StepId> transfers_before(const Schedule& schedule, StepId step) {
    std::vector<StepId> found;
    for (const StepId before : schedule.waits_of(step))
        if (is_transfer(schedule.steps()[before])) found.push_back(before);
    return found;
}

/// Streams out of gateways: transfers that wait for transfers to where they begin.
std::vector<std::vector<StepId>> streams_of(const Schedule& schedule) {
    std::vector<std::vector<StepId>> streams;
    std::map<StepId, std::size_t> stream_of;
    for (StepId step = 0; step < schedule.steps().size(); ++step) {
        const Step& each = schedule.steps()[step];
        if (!is_transfer(each)) continue;
        std::size_t stream = streams.size();
        bool comes_behind = false;
        for (const StepId before : transfers_before(schedule, step)) {
            const Step& earlier = schedule.steps()[before];
            if (earlier.destination == each.source) comes_behind = true;
            else if (const auto known = stream_of.find(before); known != stream_of.end()) stream = known->second;
        }
        if (!comes_behind) continue;
        if (stream == streams.size()) streams.emplace_back();
        streams[stream].push_back(step);
        stream_of[step] = stream;
    }
    return streams;
}

/// How many checks were made; fails where a piece starts before as much of each stream that feeds it has arrived.
int check_causality(const Schedule& schedule, const Timeline& timeline) {
    int checked = 0;
    for (const std::vector<StepId>& stream : streams_of(schedule)) {
        std::map<int, double> comes;  // bytes of each source that feeds the stream
        double whole = 0;
        for (const StepId piece : stream) {
            whole += in_bytes(schedule.steps()[piece].volume);
            for (const StepId before : transfers_before(schedule, piece))
                if (const Step& earlier = schedule.steps()[before]; earlier.destination == schedule.steps()[piece].source)
                    comes[earlier.source] += in_bytes(earlier.volume);
        }
        std::map<int, double> here;
        double sent = 0;
        for (const StepId piece : stream) {
            const double step_bytes = in_bytes(schedule.steps()[piece].volume);
            for (const StepId before : transfers_before(schedule, piece)) {
                const Step& earlier = schedule.steps()[before];
                if (earlier.destination != schedule.steps()[piece].source) continue;
                here[earlier.source] += in_bytes(earlier.volume);
                CHECK(timeline.end[before].si <= timeline.start[piece].si * (1 + 1e-9));
            }
            sent += step_bytes;
            for (const auto& [source, bytes_of_it] : comes) {
                const double rounding = 2 / bytes_of_it + 2 / whole;  // pieces are whole bytes
                CHECK(sent / whole <= here[source] / bytes_of_it + rounding);
                ++checked;
            }
        }
    }
    return checked;
}

Costs in_small_pieces() {
    Costs costs = some_costs();
    costs.two_level.sms = 2;
    costs.two_level.chunk_tokens = 1;
    costs.sent_once.crosses_nodes = 1;
    costs.sent_once.sms = 1;
    costs.sent_once.network_chunk_tokens = 1;
    return costs;
}

}  // namespace

TEST_CASE("no gateway has sent more of a stream than has arrived", "[collective]") {
    const char* const name = GENERATE("two-level", "sent-once");
    const auto seed = static_cast<std::uint32_t>(GENERATE(range(5000, 5020)));
    const bool is_combine = GENERATE(false, true), is_slow = GENERATE(false, true);
    const EngineKind engine = GENERATE(EngineKind::simgrid, EngineKind::fluid);
    const RandomCase random = random_case(seed);
    INFO(name << ", seed " << seed << ": " << random.description);
    const Fabric fabric = build_fabric(random.cluster);
    Exchange exchange = routed_exchange(fabric, 2, 3, 600, 60, seed);
    if (is_combine) exchange = combine_of(exchange);
    Costs costs = in_small_pieces();
    if (is_slow) costs.two_level.sm_rate = costs.sent_once.sm_rate = gigabytes_per_second(5);  // so that sending on takes longest
    const Schedule schedule = plan(*find_algorithm(name), exchange, fabric, costs);
    const int checked = check_causality(schedule, simulate(fabric, {schedule}, engine, {}).front());
    const auto islands = static_cast<int>(Islands(fabric, fabric.rank_count()).count());
    if (islands > 1 && islands < fabric.rank_count()) CHECK(checked > 0);  // and not a GPU each, with nothing to send on
}

TEST_CASE("streams are cut at a chunk, then at more, and at the last chunk", "[collective]") {
    using Cuts = std::vector<double>;
    CHECK(cuts_of(100, 100, 2) == Cuts{1});  // all of it is one chunk on each channel
    CHECK(cuts_of(100, 1000, 2) == Cuts{1});
    CHECK(cuts_of(100, 60, 2) == Cuts{0.6, 1});
    CHECK(cuts_of(4, 1, 2) == Cuts{0.25, 0.5, 0.75, 1});
    CHECK(cuts_of(16, 2, 8) == Cuts{1 / 8., 2 / 8., 3 / 8., 4 / 8., 5 / 8., 6 / 8., 7 / 8., 1});
    CHECK(cuts_of(16, 1, 9) == Cuts{1 / 16., 1 / 16. + 15 / 32., 1 / 16. + 15 / 32. + 15 / 64., 15 / 16., 1});
    const Cuts many = cuts_of(1e6, 1, 64);
    CHECK(many.size() <= 7);
    CHECK(std::is_sorted(many.begin(), many.end()));
    CHECK(cuts_of(1e6, 1, 65) == Cuts{0.75, 1});
}

TEST_CASE("fewer pieces delay an exchange little", "[model]") {
    // Against a cut at each of 64 chunks, by hand, where tokens arrive quicker or slower than they are forwarded: a schedule of
    // pieces takes longer by what its largest piece takes on the quicker side, at most.
    const double rate = GENERATE(5., 20., 40., 60., 90.);  // GB/s of the SM that forwards; the NIC has 50
    const Exchange exchange =
        tokens_by_hand(Direction::dispatch, counts({{0, 0, 0, 6400}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}),
                       counts({{0, 6400}, {0, 0}, {0, 0}, {0, 0}}));
    Costs costs;
    costs.sent_once.crosses_nodes = 1;
    costs.sent_once.sms = 1;
    costs.sent_once.network_chunk_tokens = 100;
    costs.sent_once.sm_rate = gigabytes_per_second(rate);
    const double arrive = 6400 * 2000 / 50e3, forward = 6400 * 2000 / (rate * 1e3);
    const double ideal = std::max(arrive + forward / 64, arrive / 64 + forward);
    const double made = run("sent-once", exchange, costs).makespan();
    CHECK(made >= ideal * (1 - 1e-6));
    CHECK(made <= ideal + std::min(arrive, forward) / 32);
}

}  // namespace tokenyard
