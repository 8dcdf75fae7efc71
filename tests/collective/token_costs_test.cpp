// SPDX-License-Identifier: Apache-2.0
// What the kernels of two-level and low-latency cost, by hand, on both engines: two nodes of two GPUs, NVLink 100 GB/s each way,
// a NIC 50 GB/s, memory 3,000 GB/s; no latency, and no cost but those of the test. A token has 2,000 B, and two experts.
//   two-level, 2 nodes: 2032 B with what goes beside it in dispatch, 2016 B in combine; 1 node: 2028 B and 2012 B
//   low-latency:        2016 B in dispatch, 2000 B in combine
#include "support/clusters.hpp"
#include "support/runs.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

/// 1,000 tokens of rank 0 that rank 1 needs, on one node.
Exchange to_neighbour(Direction direction) {
    return tokens_by_hand(direction, counts({{0, 1000}, {0, 0}}), counts({{1000}, {0}}));
}

/// Two SMs, of which one sends, and messages of 1,000 tokens, so that nothing overlaps.
Costs in_one_chunk() {
    Costs costs;
    costs.two_level.sms = 2;
    costs.two_level.chunk_tokens = 1000;
    return costs;
}

double across(Direction direction, const Costs& costs) { return run("two-level", thousand_tokens(direction), costs).makespan(); }

double inside(Direction direction, const Costs& costs) {
    return run("two-level", to_neighbour(direction), costs, single_switch_cluster(1, 2)).makespan();
}

}  // namespace

TEST_CASE("what links carry is whole bytes, however well kernels fill them", "[model]") {
    // One token of 2028 B keeps an NVLink as busy as 2028 / 0.7 = 2897.14 B would
    Costs costs = in_one_chunk();
    costs.two_level.nvlink_efficiency = 0.7;
    const Run one = run("two-level", tokens_by_hand(Direction::dispatch, counts({{0, 1}, {0, 0}}), counts({{1}, {0}})), costs,
                        single_switch_cluster(1, 2));
    Bytes carried;
    for (const Step& step : one.schedule.steps())
        if (step.kind == StepKind::transfer) carried += step.volume;
    CHECK(in_bytes(carried) == 2897);
    CHECK(one.makespan() == exactly(2897 / 100e3));
}

TEST_CASE("two-level launches combine as it does dispatch, unless it costs something else", "[model]") {
    // dispatch 2028e3 B / 100 GB/s = 20.28 us, combine 2012e3 B: 20.12 us
    Costs costs = in_one_chunk();
    costs.two_level.launch = microseconds(5);
    SECTION("alike") {
        CHECK(inside(Direction::dispatch, costs) == exactly(5 + 20.28));
        CHECK(inside(Direction::combine, costs) == exactly(5 + 20.12));
    }
    SECTION("apart") {
        costs.two_level.combine_launch = microseconds(9);
        CHECK(inside(Direction::dispatch, costs) == exactly(5 + 20.28));
        CHECK(inside(Direction::combine, costs) == exactly(9 + 20.12));
    }
}

TEST_CASE("SMs of two-level add up at a rate of their own on one node", "[model]") {
    Costs costs = in_one_chunk();
    costs.two_level.sm_rate = gigabytes_per_second(10);
    CHECK(inside(Direction::dispatch, costs) == exactly(2028e3 / 10e3));
    CHECK(inside(Direction::combine, costs) == exactly(2012e3 / 10e3));
    costs.two_level.combine_sm_rate = gigabytes_per_second(5);
    CHECK(inside(Direction::dispatch, costs) == exactly(2028e3 / 10e3));
    CHECK(inside(Direction::combine, costs) == exactly(2012e3 / 5e3));
}

TEST_CASE("SMs of two-level forward at rates of their own, each of which stands in for the next", "[model]") {
    // Dispatch: 1,000 tokens to the gateway and 700 on from there. Combine: 700 to the gateway, 1,000 sums back from there. All
    // of it by one SM, at most as fast as the slowest link, 50 GB/s.
    const auto dispatch_at = [](double rate) { return exactly(1700 * 2032 / (rate * 1e3)); };
    const auto combine_at = [](double rate) { return exactly(1700 * 2016 / (rate * 1e3)); };
    Costs costs = in_one_chunk();
    TwoLevelCosts& own = costs.two_level;
    own.sm_rate = gigabytes_per_second(10);
    SECTION("sm_rate for all") {
        CHECK(across(Direction::dispatch, costs) == dispatch_at(10));
        CHECK(across(Direction::combine, costs) == combine_at(10));
    }
    own.combine_sm_rate = gigabytes_per_second(5);
    SECTION("combine_sm_rate for combine") {
        CHECK(across(Direction::dispatch, costs) == dispatch_at(10));
        CHECK(across(Direction::combine, costs) == combine_at(5));
    }
    own.forward_sm_rate = gigabytes_per_second(20);
    SECTION("forward_sm_rate before both") {
        CHECK(across(Direction::dispatch, costs) == dispatch_at(20));
        CHECK(across(Direction::combine, costs) == combine_at(20));
        CHECK(inside(Direction::dispatch, costs) == exactly(2028e3 / 10e3));  // of one node are the others
        CHECK(inside(Direction::combine, costs) == exactly(2012e3 / 5e3));
    }
    SECTION("combine_forward_sm_rate before that") {
        own.combine_forward_sm_rate = gigabytes_per_second(25);
        CHECK(across(Direction::dispatch, costs) == dispatch_at(20));
        CHECK(across(Direction::combine, costs) == combine_at(25));
    }
}

TEST_CASE("two-level begins later on several nodes", "[model]") {
    Costs costs = in_one_chunk();
    costs.two_level.network_launch = microseconds(7);
    costs.two_level.combine_network_launch = microseconds(9);
    CHECK(inside(Direction::dispatch, costs) == exactly(20.28));
    CHECK(across(Direction::dispatch, costs) == exactly(7 + 40.64 + 14.224));
    CHECK(across(Direction::combine, costs) == exactly(9 + 14.112 + 40.32));
}

TEST_CASE("stores of two-level fill a part of NVLink, and of nothing else", "[model]") {
    // 1000 x 2032 B over the NIC, 40.64 us; 700 x 2032 B over 80 of 100 GB/s
    Costs costs = in_one_chunk();
    costs.two_level.nvlink_efficiency = 0.8;
    SECTION("where NVLink decides") { CHECK(across(Direction::dispatch, costs) == exactly(40.64 + 14.224 / 0.8)); }
    SECTION("not where SMs do") {
        costs.two_level.sm_rate = gigabytes_per_second(10);
        CHECK(across(Direction::dispatch, costs) == exactly(1700 * 2032 / 10e3));
        CHECK(inside(Direction::combine, costs) == exactly(2012e3 / 10e3));
    }
}

TEST_CASE("messages of low-latency take longer to another node, and nothing more inside one", "[model]") {
    // Once 1,000 messages to rank 1, 20.16 us over NVLink, and once to rank 2, 40.32 us over the NIC
    Costs costs;
    costs.low_latency.network_latency = microseconds(4);
    const auto makespan = [&](const RankMatrix<std::uint32_t>& per_rank, const RankMatrix<std::uint32_t>& per_node) {
        return run("low-latency", tokens_by_hand(Direction::dispatch, per_rank, per_node), costs).makespan();
    };
    CHECK(makespan(counts({{0, 1000, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}),
                   counts({{1000, 0}, {0, 0}, {0, 0}, {0, 0}})) == exactly(20.16));
    CHECK(makespan(counts({{0, 0, 1000, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}),
                   counts({{0, 1000}, {0, 0}, {0, 0}, {0, 0}})) == exactly(4 + 40.32));
}

TEST_CASE("low-latency has a launch and a rate of copying for each direction", "[model]") {
    // 1,000 messages at 10 GB/s: 201.6 us of dispatch, 200 us of combine
    Costs costs;
    costs.low_latency.launch = microseconds(3);
    costs.low_latency.copy_rate = gigabytes_per_second(10);
    const auto makespan = [&](Direction direction) {
        return run("low-latency", to_neighbour(direction), costs, single_switch_cluster(1, 2)).makespan();
    };
    SECTION("alike") {
        CHECK(makespan(Direction::dispatch) == exactly(3 + 201.6));
        CHECK(makespan(Direction::combine) == exactly(3 + 200));
    }
    SECTION("apart") {
        costs.low_latency.combine_launch = microseconds(7);
        costs.low_latency.combine_copy_rate = gigabytes_per_second(5);
        CHECK(makespan(Direction::dispatch) == exactly(3 + 201.6));
        CHECK(makespan(Direction::combine) == exactly(7 + 400));
    }
}

}  // namespace tokenyard
