// SPDX-License-Identifier: Apache-2.0
// Forwards of many homes as one: what it changes, and what it must not.
#include "collective/relay_groups.hpp"
#include "cluster/build_fabric.hpp"
#include "collective/plan.hpp"
#include "collective/relay.hpp"
#include "engine/simulate.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace tokenyard {
namespace {

constexpr int a_home_each = 1000;  // groups, more than there are homes

RelayKernel some_kernel(int ranks) {
    RelayKernel kernel;
    kernel.token_size = bytes(2000);
    kernel.channels = 12;
    kernel.chunk_tokens = 2;
    kernel.message_delay = microseconds(2);
    kernel.send = kernel.forward = kernel.own = Threads(static_cast<std::size_t>(ranks), no_link);
    return kernel;
}

Schedule planned(const Exchange& exchange, const Fabric& fabric, int most_groups) {
    Schedule schedule;
    append_relay(exchange, fabric, some_kernel(fabric.rank_count()), add_beginnings(fabric, fabric.rank_count(), schedule),
                 most_groups, schedule);
    return schedule;
}

/// Dispatch, or its combine.
Exchange each_direction(const Fabric& fabric, int tokens_a_rank, std::uint32_t seed) {
    const Exchange dispatch = routed_exchange(fabric, 2, 6, 2048, tokens_a_rank, seed);
    return GENERATE(true, false) ? dispatch : combine_of(dispatch);
}

struct Sums {
    std::map<int, double> delivered, relayed;  // by the rank that they come to
};

Sums sums_of(const Schedule& schedule) {
    Sums sums;
    for (const Step& step : schedule.steps()) {
        sums.delivered[step.destination] += in_bytes(step.delivered);
        sums.relayed[step.destination] += in_bytes(step.relayed);
    }
    return sums;
}

}  // namespace

TEST_CASE("up to 17 islands every home is forwarded apart", "[collective]") {
    const Fabric fabric = build_fabric(single_switch_cluster(17, 2));
    const Exchange exchange = each_direction(fabric, 64, 1);
    const Schedule apart = planned(exchange, fabric, a_home_each), grouped = planned(exchange, fabric, most_forward_groups);
    REQUIRE(apart.steps().size() == grouped.steps().size());
    for (StepId step = 0; step < apart.steps().size(); ++step) {
        REQUIRE(apart.steps()[step].source == grouped.steps()[step].source);
        REQUIRE(apart.steps()[step].destination == grouped.steps()[step].destination);
        REQUIRE(apart.steps()[step].volume == grouped.steps()[step].volume);
    }
}

TEST_CASE("forwards in groups bring each rank the same bytes", "[collective]") {
    const int groups = GENERATE(1, 3, 16);
    const Fabric fabric = build_fabric(single_switch_cluster(20, 3));
    const Exchange exchange = each_direction(fabric, 100, 2);
    const Schedule apart = planned(exchange, fabric, a_home_each), grouped = planned(exchange, fabric, groups);
    REQUIRE(grouped.steps().size() != apart.steps().size());
    CHECK(sums_of(grouped).delivered == sums_of(apart).delivered);
    CHECK(sums_of(grouped).relayed == sums_of(apart).relayed);
    CHECK(grouped.kept == apart.kept);
}

TEST_CASE("groups have the smallest streams first and nearly equal counts", "[collective]") {
    // 5 islands of one GPU each; gateway 4 serves four homes, which have 9, 2, 2 and 5 tokens for it
    const Fabric fabric = build_fabric(single_switch_cluster(5, 1));
    const Islands islands(fabric, 5);
    using Groups = std::vector<std::vector<int>>;
    CHECK(forward_groups(islands, {9, 2, 2, 5, 1}, 4, 2) == Groups{{1, 2}, {3, 0}});
    CHECK(forward_groups(islands, {9, 0, 2, 5, 1}, 4, 2) == Groups{{2}, {3, 0}});
    CHECK(forward_groups(islands, {9, 0, 2, 5, 1}, 4, 16) == Groups{{2}, {3}, {0}});
}

TEST_CASE("on 20 nodes forwards in groups move the completion by less than 4 %", "[model]") {
    const auto seed = static_cast<std::uint32_t>(GENERATE(range(1, 5)));
    const int tokens = GENERATE(8, 512);
    const Fabric fabric = build_fabric(single_switch_cluster(20, 2));
    const Exchange exchange = each_direction(fabric, tokens, seed);
    const auto completion = [&](int groups) {
        const Timeline timeline = simulate(fabric, {planned(exchange, fabric, groups)}, EngineKind::fluid, {}).front();
        return *std::max_element(timeline.end.begin(), timeline.end.end());
    };
    const double moved = completion(most_forward_groups) / completion(a_home_each) - 1;
    INFO(tokens << " tokens, seed " << seed << ": " << moved);
    CHECK(std::abs(moved) < 0.04);
}

}  // namespace tokenyard
