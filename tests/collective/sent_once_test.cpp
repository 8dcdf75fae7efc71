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
    costs.sent_once.launch = microseconds(5);
    costs.sent_once.finish = microseconds(3);
    costs.sent_once.sms = 4;
    costs.sent_once.workers = 5;
    return costs;
}

double makespan(Direction direction, const Costs& costs) {
    return run("sent-once", tokens_of_rank_0(direction), costs, single_switch_cluster(1, 3)).makespan();
}

}  // namespace

TEST_CASE("sent-once sends a token once to each rank that needs it", "[model][closed-form][sent-once]") {
    // 1,900 x 2,000 B leave rank 0: 38 us. Back, as many come in, and 3,000 rows are read or written to add them: 2 us.
    CHECK(makespan(Direction::dispatch, twenty_workers()) == exactly(5 + 38 + 3));
    CHECK(makespan(Direction::combine, twenty_workers()) == exactly(5 + 38 + 3 + 2));
}

TEST_CASE("sent-once takes as long as its busiest worker", "[model]") {
    // 50 tokens each, of two rows each.
    Costs costs = twenty_workers();
    costs.sent_once.token_time = microseconds(1);
    SECTION("a token's time") { CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 50 + 3)); }
    SECTION("and its rows") {
        costs.sent_once.worker_rate = gigabytes_per_second(5);  // 50 x 2 x 2,000 B: 40 us
        CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 90 + 3));
    }
    SECTION("chunk by chunk") {
        costs.sent_once.chunk_tokens = 64;  // 16 chunks for 20 workers
        CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 64 + 3));
    }
    SECTION("in combine rows one by one, at each rank that sends them") {
        CHECK(makespan(Direction::combine, costs) == exactly(5 + 50 + 3 + 2));  // 1,000 rows of rank 2
    }
    SECTION("with costs of combine's own") {
        costs.sent_once.combine_token_time = microseconds(2);
        costs.sent_once.combine_chunk_tokens = 4;  // 250 pieces: 13 for the busiest, 52 rows
        costs.sent_once.combine_launch = microseconds(6);
        costs.sent_once.combine_finish = microseconds(4);
        CHECK(makespan(Direction::combine, costs) == exactly(6 + 104 + 4 + 2));
    }
    SECTION("or as all workers of an SM together") {
        costs.sent_once.sm_rate = gigabytes_per_second(10);  // 2,000 x 2,000 B / 40 GB/s
        CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 100 + 3));
    }
}

TEST_CASE("sent-once fills a part of NVLink", "[model]") {
    Costs costs = twenty_workers();
    costs.sent_once.nvlink_efficiency = 0.5;
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 76 + 3));
    costs.sent_once.sm_rate = gigabytes_per_second(10);  // own resources are as fast as before
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 100 + 3));
    costs.sent_once.combine_nvlink_efficiency = 1;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 50 + 3 + 2));
}

TEST_CASE("sent-once copies what it received, and what it sends back", "[model]") {
    // 1,000 rows of rank 2 are read and written: 4 MB, 1.333 us; at half of the memory's rate 2.667 us
    Costs costs = twenty_workers();
    costs.sent_once.copies_out = 1;
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 38 + 3 + 4.0 / 3));
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 38 + 3 + 2));
    costs.sent_once.memory_efficiency = 0.5;
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 38 + 3 + 8.0 / 3));
    costs.sent_once.stages = 1;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 8.0 / 3 + 38 + 3 + 4));
    costs.sent_once.adds = 0;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 8.0 / 3 + 38 + 3));
}

TEST_CASE("a home that pulls its rows spends its own SMs, and adds on the way", "[model]") {
    Costs costs = twenty_workers();
    costs.sent_once.pulls = 1;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 38 + 3));
    costs.sent_once.token_time = microseconds(1);
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 50 + 3));
    costs.sent_once.sm_rate = gigabytes_per_second(10);
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 100 + 3));
}

TEST_CASE("sent-once walks over the room of its buffers", "[model]") {
    Costs costs = twenty_workers();
    costs.sent_once.capacity = 2000;
    costs.sent_once.room_token = microseconds(0.01);
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 38 + 20 + 3));
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 38 + 3 + 2));
    // Rank 0 lacks 1,000 tokens of 2,000: 50 a worker. The others lack all, and are through before it.
    costs.sent_once.padded_token = microseconds(0.2);
    costs.sent_once.pulls = 1;
    CHECK(makespan(Direction::combine, costs) == exactly(5 + 38 + 10 + 3));
}

TEST_CASE("sent-once sends a token once to each NVLink domain, and forwards it there", "[model]") {
    // Two nodes of two GPUs, NVLink 100 GB/s each way, a NIC 50: 1,000 tokens of 2,000 B to node 1, 40 us, of which rank 3 gets
    // 700 over NVLink, 14 us, and its gateway keeps 600. In one piece.
    Costs costs = twenty_workers();
    costs.sent_once.crosses_nodes = 1;
    costs.sent_once.network_chunk_tokens = 1000;
    const auto takes = [&](Direction direction) { return run("sent-once", thousand_tokens(direction), costs).makespan(); };
    SECTION("and rows are added there on the way back") {
        CHECK(takes(Direction::dispatch) == exactly(5 + 40 + 14 + 3));
        // 1,000 sums of node 1 are read and added up to 650 tokens, 1,300 copies with two experts each: 1.1 us
        CHECK(takes(Direction::combine) == exactly(5 + 14 + 40 + 3 + 1.1));
    }
    SECTION("with messages that it waits for, and one before the data") {
        costs.sent_once.network_latency = microseconds(4);
        CHECK(takes(Direction::dispatch) == exactly(5 + 2 * 4 + 4 + 40 + 14 + 3));
        CHECK(takes(Direction::combine) == exactly(5 + 4 * 4 + 14 + 4 + 40 + 3 + 1.1));
    }
    SECTION("with a longer launch, and tokens copied before they leave") {
        costs.sent_once.network_launch = microseconds(6);
        costs.sent_once.combine_network_launch = microseconds(7);
        costs.sent_once.network_stages = 1;  // 650 tokens read and written: 0.867 us
        CHECK(takes(Direction::dispatch) == exactly(5 + 6 + 2.6 / 3 + 40 + 14 + 3));
        CHECK(takes(Direction::combine) == exactly(5 + 7 + 14 + 40 + 3 + 1.1));
    }
    SECTION("all of it by the same SMs") {
        // 40 GB/s: the gateway stores 1,300 rows, of which 700 leave it: 65 us. Back, rank 3 sends 700 rows, 35 us, and behind
        // them the gateway makes 1,000 sums, 50 us.
        costs.sent_once.sm_rate = gigabytes_per_second(10);
        CHECK(takes(Direction::dispatch) == exactly(5 + 40 + 65 + 3));
        CHECK(takes(Direction::combine) == exactly(5 + 35 + 50 + 3 + 1.1));
        // In small chunks sums begin with the first one of 4 channels, and then may wait for a piece, a 32nd of the rows.
        costs.sent_once.network_chunk_tokens = 1;
        const double in_chunks = takes(Direction::combine);
        CHECK(in_chunks >= 5 + 35 * 0.004 + 50 + 3 + 1.1);
        CHECK(in_chunks <= 5 + 35 * 0.004 + 50 + 3 + 1.1 + 35 / 32.);
    }
    SECTION("or by its busiest worker") {
        // 16 chunks for 20 workers: a worker's 64 of 1,000 tokens with 1.3 rows each
        costs.sent_once.chunk_tokens = 64;
        costs.sent_once.worker_rate = gigabytes_per_second(2);
        CHECK(takes(Direction::dispatch) == exactly(5 + 40 + 64 * 1.3 + 3));
    }
    SECTION("or rows are fetched by channels, each with chunks of its own") {
        // 4 channels of 250 tokens, which fetch 1,300 rows at 4 x 5 GB/s: 130 us
        costs.sent_once.pulls = 1;
        costs.sent_once.network_chunk_tokens = 250;
        costs.sent_once.network_sum_rate = gigabytes_per_second(5);
        CHECK(takes(Direction::combine) == exactly(5 + 130 + 40 + 3));
        costs.sent_once.capacity = 2050;  // rank 0 lacks 1,400 tokens, and the gateway all, 513 on one of the channels
        costs.sent_once.padded_token = microseconds(0.1);
        CHECK(takes(Direction::combine) == exactly(5 + 130 + 40 + 51.3 + 3));
    }
}

TEST_CASE("a token's time of sent-once may be that of each of its rounds", "[model]") {
    // 2,000 B in rounds of 900: three, of 0.5 us
    Costs costs = twenty_workers();
    costs.sent_once.token_time = microseconds(0.5);
    costs.sent_once.round_size = bytes(900);
    CHECK(makespan(Direction::dispatch, costs) == exactly(5 + 75 + 3));
}

TEST_CASE("sent-once refuses ranks that NVLink does not join", "[collective]") {
    const Fabric fabric = build_fabric(single_switch_cluster(2, 2));
    const Algorithm& algorithm = *find_algorithm("sent-once");
    Costs costs;
    CHECK(algorithm.refusal(thousand_tokens(Direction::dispatch), fabric, costs) ==
          "found ranks that NVLink does not join, and a library that sends over NVLink alone (sent_once.crosses_nodes: no); "
          "expected one NVLink domain");
    costs.sent_once.crosses_nodes = 1;
    CHECK(algorithm.refusal(thousand_tokens(Direction::dispatch), fabric, costs).empty());
    CHECK(algorithm.refusal(exchange_of(uniform_volumes(4, 1)), fabric, costs) ==
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
    CHECK(run("sent-once", quantised, costs, single_switch_cluster(1, 3)).makespan() == exactly(40 + 14 + 5 + 38 + 3));
    costs.calls.quantise_beside = microseconds(50);
    CHECK(run("sent-once", quantised, costs, single_switch_cluster(1, 3)).makespan() == exactly(40 + 14 + 100));
    // What others are held against has no host.
    CHECK(run("direct", quantised, costs, single_switch_cluster(1, 3)).makespan() == exactly(38));
}

}  // namespace tokenyard
