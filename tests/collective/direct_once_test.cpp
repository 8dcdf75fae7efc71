// SPDX-License-Identifier: Apache-2.0
// Tokens sent once to each rank, by hand: three GPUs, NVLink 100 GB/s each way, memory 3,000 GB/s. Rank 0 has 1,000 tokens of two
// experts each: 100 rows stay with it, 900 are for rank 1, 1,000 for rank 2. A row weighs 2,000 B unless a test adds to it.
#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"
#include "support/runs.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

Exchange tokens_of_rank_0(Direction direction) {
    return tokens_by_hand(direction, counts({{100, 900, 1000}, {0, 0, 0}, {0, 0, 0}}), counts({{1000}, {0}, {0}}));
}

/// Launch 5 us, finish 3 us, and 20 workers on 4 SMs that take no time.
Costs twenty_workers() {
    Costs costs;
    costs.direct_once.launch = microseconds(5);
    costs.direct_once.finish = microseconds(3);
    costs.direct_once.sms = 4;
    costs.direct_once.workers = 5;
    return costs;
}

double makespan(Direction direction, const Costs& costs) {
    return run("direct-once", tokens_of_rank_0(direction), costs, single_switch_cluster(1, 3)).makespan();
}

}  // namespace

TEST_CASE("direct-once sends a token once to each rank that needs it", "[model][closed-form][direct-once]") {
    // 1,900 x 2,000 B leave rank 0: 38 us. Back, as many come in, and 3,000 rows are read or written to add them: 2 us.
    CHECK(makespan(Direction::dispatch, twenty_workers()) == exactly(5 + 38 + 3));
    CHECK(makespan(Direction::combine, twenty_workers()) == exactly(5 + 38 + 3 + 2));
}

TEST_CASE("direct-once takes as long as its busiest worker", "[model]") {
    // 50 tokens each, of two rows each
    Costs costs = twenty_workers();
    costs.direct_once.token_time = microseconds(1);
    SECTION("a token's time") { CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 50 + 3)); }
    SECTION("and its rows") {
        costs.direct_once.worker_rate = gigabytes_per_second(5);  // 50 x 2 x 2,000 B: 40 us
        CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 90 + 3));
    }
    SECTION("chunk by chunk") {
        costs.direct_once.chunk_tokens = 64;  // 16 chunks for 20 workers
        CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 64 + 3));
    }
    SECTION("in combine rows one by one, at each rank that sends them") {
        CHECK(makespan(Direction::combine, costs) == exactly(5 + 50 + 3 + 2));  // 1,000 rows of rank 2
    }
    SECTION("with costs of combine's own") {
        costs.direct_once.combine_token_time = microseconds(2);
        costs.direct_once.combine_chunk_tokens = 4;  // 250 pieces: 13 for the busiest, 52 rows
        costs.direct_once.combine_launch = microseconds(6);
        costs.direct_once.combine_finish = microseconds(4);
        CHECK(makespan(Direction::combine, costs) == exactly(6 + 104 + 4 + 2));
    }
    SECTION("or as all workers of an SM together") {
        costs.direct_once.sm_rate = gigabytes_per_second(10);  // 2,000 x 2,000 B / 40 GB/s
        CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 100 + 3));
    }
}

TEST_CASE("direct-once fills a part of NVLink", "[model]") {
    Costs costs = twenty_workers();
    costs.direct_once.nvlink_efficiency = 0.5;
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 76 + 3));
    costs.direct_once.sm_rate = gigabytes_per_second(10);  // own resources are as fast as before
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 100 + 3));
    costs.direct_once.combine_nvlink_efficiency = 1;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 50 + 3 + 2));
}

TEST_CASE("direct-once copies what it received, and what it sends back", "[model]") {
    // 1,000 rows of rank 2 are read and written: 4 MB, 1.333 us; at half of the memory's rate 2.667 us
    Costs costs = twenty_workers();
    costs.direct_once.copies_out = 1;
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 38 + 3 + 4.0 / 3));
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 38 + 3 + 2));
    costs.direct_once.memory_efficiency = 0.5;
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 38 + 3 + 8.0 / 3));
    costs.direct_once.stages = 1;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 8.0 / 3 + 38 + 3 + 4));
    costs.direct_once.adds = 0;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 8.0 / 3 + 38 + 3));
}

TEST_CASE("a home that pulls its rows spends its own SMs, and adds on the way", "[model]") {
    Costs costs = twenty_workers();
    costs.direct_once.pulls = 1;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 38 + 3));
    costs.direct_once.token_time = microseconds(1);
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 50 + 3));
    costs.direct_once.sm_rate = gigabytes_per_second(10);
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 100 + 3));
}

TEST_CASE("direct-once walks over the room of its buffers", "[model]") {
    Costs costs = twenty_workers();
    costs.direct_once.capacity = 2000;
    costs.direct_once.room_token = microseconds(0.01);
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 38 + 20 + 3));
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 38 + 3 + 2));
    // Rank 0 lacks 1,000 tokens of 2,000: 50 a worker. The others lack all, and are through before it.
    costs.direct_once.padded_token = microseconds(0.2);
    costs.direct_once.pulls = 1;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 38 + 10 + 3));
}

TEST_CASE("direct-once refuses ranks that NVLink does not join", "[collective]") {
    const Fabric fabric = build_fabric(single_switch_cluster(2, 2));
    const Algorithm& algorithm = *find_algorithm("direct-once");
    CHECK(algorithm.refusal(thousand_tokens(Direction::dispatch), fabric) ==
          "found ranks that NVLink does not join; expected one NVLink domain (two-level sends between nodes)");
    CHECK(algorithm.refusal(exchange_of(uniform_volumes(4, 1)), fabric) ==
          "found S(i,k) without tokens; expected a workload that says which tokens are the same");
}

TEST_CASE("an eager call ends with the GPU and its host", "[model]") {
    Costs costs = twenty_workers();
    costs.calls.before = microseconds(20);
    costs.calls.beside = microseconds(100);
    costs.calls.quantise = microseconds(7);
    costs.calls.combine_before = microseconds(30);
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 38 + 3));  // enqueued ahead
    costs.calls.eager = 1;
    CHECK(makespan(Direction::dispatch, costs) == exactly(20 + 100));
    CHECK(makespan(Direction::combine, costs) == exactly(30 + 5 + 38 + 3 + 2));
    costs.calls.speed = 0.5;
    CHECK(makespan(Direction::dispatch, costs) == exactly(40 + 200));
    costs.calls.beside = {};
    CHECK(makespan(Direction::dispatch, costs) == exactly(40 + 5 + 38 + 3));
    Exchange quantised = tokens_of_rank_0(Direction::dispatch);
    quantised.tokens->message = {bytes(1950), bytes(50), {}};
    CHECK(run("direct-once", quantised, costs, single_switch_cluster(1, 3)).makespan() == exactly(40 + 14 + 5 + 38 + 3));
    costs.calls.quantise_beside = microseconds(50);
    CHECK(run("direct-once", quantised, costs, single_switch_cluster(1, 3)).makespan() == exactly(40 + 14 + 100));
    // What others are held against has no host.
    CHECK(run("direct", quantised, costs, single_switch_cluster(1, 3)).makespan() == exactly(38));
}

}  // namespace tokenyard
