// SPDX-License-Identifier: Apache-2.0
// Tokens, popularity, placement and S(i,k), held against probabilities that can be worked out.
#include "workload/expert_sampler.hpp"
#include "workload/make_routing.hpp"
#include "workload/popularity.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace tokenyard {
namespace {

TokenWorkload workload_of(int experts, int k, int ranks, int tokens, RoutingSource routing) {
    TokenWorkload workload;
    workload.model = {experts, k, 128, 1, 1, 1, {}};
    workload.tokens_per_rank.assign(static_cast<std::size_t>(ranks), tokens);
    workload.dispatch = workload.combine = {{"bf16", 16}, 0, {}, {}};
    workload.routing = std::move(routing);
    return workload;
}

TokenMatrix matrix_of(const TokenWorkload& workload, const Routing& routing, int ranks_per_node) {
    std::vector<int> node_of_rank;
    for (int rank = 0; rank < routing.rank_count(); ++rank) node_of_rank.push_back(rank / ranks_per_node);
    return make_token_matrix(routing, place_experts(workload, routing), node_of_rank, node_of_rank);
}

template <class Cell>
double mean_a_token(const RankMatrix<Cell>& counts, std::uint32_t tokens) {
    double sum = 0;
    for (int row = 0; row < counts.rows(); ++row)
        for (const Cell count : counts.row(row)) sum += count;
    return sum / tokens;
}

double receive_skew(const TokenMatrix& matrix) {
    std::vector<double> received(static_cast<std::size_t>(matrix.copies.columns()));
    for (int row = 0; row < matrix.copies.rows(); ++row)
        for (int column = 0; column < matrix.copies.columns(); ++column)
            received[static_cast<std::size_t>(column)] += matrix.copies.at(row, column);
    const double mean = std::accumulate(received.begin(), received.end(), 0.0) / static_cast<double>(received.size());
    return *std::max_element(received.begin(), received.end()) / mean;
}

/// Distinct ones of G equal parts that a token with K of E experts reaches: G (1 - C(E - E/G, K) / C(E, K)).
double expected_distinct(int parts, int experts, int k) {
    double none = 1;
    for (int i = 0; i < k; ++i) none *= static_cast<double>(experts - experts / parts - i) / (experts - i);
    return parts * (1 - none);
}

}  // namespace

TEST_CASE("draws follow the weights of what is left", "[workload]") {
    // weights 1, 2, 3, 4; two draws. P(first 3, then 0) = 4/10 x 1/6; P(first 0, then 3) = 1/10 x 4/9.
    ExpertSampler sampler({1, 2, 3, 4}, 1, 1);
    constexpr int draws = 200000;
    std::map<std::pair<int, int>, int> seen;
    for (std::uint32_t token = 0; token < draws; ++token) {
        std::array<std::uint16_t, 2> experts;
        sampler.draw(7, 0, token, 1, experts);
        ++seen[{experts[0], experts[1]}];
    }
    for (int a = 0; a < 4; ++a)
        for (int b = 0; b < 4; ++b) {
            if (a == b) continue;
            INFO(a << " then " << b);
            const double p = (a + 1) / 10.0 * (b + 1) / (10.0 - (a + 1));
            CHECK(std::abs(seen[{a, b}] - p * draws) < 4.5 * std::sqrt(draws * p * (1 - p)));  // 4.5 standard deviations
        }
}

TEST_CASE("a draw ends however unlikely what is left may be", "[workload]") {
    // expert 2 has all but three of four thousand million parts: the others come from the exact sum of the rest
    ExpertSampler sampler({1, 1, 4294967000u, 1}, 1, 1);
    std::map<int, int> second;
    for (std::uint32_t token = 0; token < 3000; ++token) {
        std::array<std::uint16_t, 2> experts;
        sampler.draw(7, 0, token, 1, experts);
        CHECK(experts[0] == 2);
        ++second[experts[1]];
    }
    for (const int expert : {0, 1, 3}) CHECK(std::abs(second[expert] - 1000) < 4.5 * std::sqrt(3000 * 2.0 / 9));
}

TEST_CASE("experts without a share come only when nothing else is left", "[workload]") {
    ExpertSampler sampler({5, 0, 0, 5}, 1, 1);
    std::array<std::uint16_t, 3> experts;
    sampler.draw(7, 0, 0, 1, experts);
    CHECK(std::set<int>{experts[0], experts[1]} == std::set<int>{0, 3});
    CHECK(experts[2] == 1);
}

TEST_CASE("a token has k distinct experts within its groups", "[workload]") {
    TokenWorkload workload = workload_of(256, 8, 4, 500, ZipfRouting{1.2});
    workload.model.expert_groups = 8;
    workload.model.groups_per_token = 4;
    const Routing routing = make_routing(workload, 3);
    for (std::uint32_t token = 0; token < routing.token_count(); ++token) {
        std::set<int> experts, groups;
        for (const std::uint16_t expert : routing.experts_of(token)) {
            experts.insert(expert);
            groups.insert(expert / 32);
        }
        REQUIRE(experts.size() == 8);
        REQUIRE(groups.size() <= 4);
    }
}

TEST_CASE("token t of rank i does not depend on the other ranks", "[workload]") {
    const TokenWorkload many = workload_of(64, 4, 8, 100, LognormalRouting{1});
    TokenWorkload few = many;
    few.tokens_per_rank = {0, 0, 7, 0, 0, 0, 0, 0};
    const Routing all = make_routing(many, 5), some = make_routing(few, 5);
    for (std::uint32_t token = 0; token < 7; ++token) {
        const auto expected = all.experts_of(2 * 100 + token), found = some.experts_of(token);
        CHECK(std::equal(expected.begin(), expected.end(), found.begin()));
    }
}

TEST_CASE("routing is the same on every machine", "[workload]") {
    // Written down once, on x86-64: another compiler or processor must give the same experts.
    const Routing uniform = make_routing(workload_of(256, 8, 2, 2, UniformRouting{}), 1);
    const Routing skewed = make_routing(workload_of(256, 8, 2, 2, DirichletRouting{0.3}), 1);
    const auto first = [](const Routing& routing) {
        return std::vector<int>(routing.expert_ids.begin(), routing.expert_ids.begin() + 8);
    };
    CHECK(first(uniform) == std::vector<int>{227, 229, 149, 182, 172, 223, 121, 167});
    CHECK(first(skewed) == std::vector<int>{219, 220, 144, 183, 177, 127, 173, 65});
}

TEST_CASE("tokens reach as many ranks and nodes as the formula says", "[workload]") {
    // E = 256, K = 8: 32 ranks 7.267, 4 nodes 3.614 (64 x 1,024 tokens leave an error below 0.01)
    const TokenWorkload workload = workload_of(256, 8, 32, 2048, UniformRouting{});
    const Routing routing = make_routing(workload, 11);
    const TokenMatrix matrix = matrix_of(workload, routing, 8);
    CHECK(mean_a_token(matrix.copies, routing.token_count()) == 8);
    CHECK(mean_a_token(matrix.unique_per_rank, routing.token_count()) == Approx(expected_distinct(32, 256, 8)).margin(0.01));
    CHECK(mean_a_token(matrix.unique_per_node, routing.token_count()) == Approx(expected_distinct(4, 256, 8)).margin(0.01));
}

TEST_CASE("group-limited tokens reach as many nodes as DeepEP counts", "[workload]") {
    // 64 ranks on 8 nodes, a group a node, best 4 of 8 groups: 3.983 nodes and 7.477 ranks a token in DeepEP's published
    // test volumes (README of deepseek-ai/DeepEP, normal kernels, EP 64)
    TokenWorkload workload = workload_of(256, 8, 64, 1024, UniformRouting{});
    workload.model.expert_groups = 8;
    workload.model.groups_per_token = 4;
    const Routing routing = make_routing(workload, 2);
    const TokenMatrix matrix = matrix_of(workload, routing, 8);
    CHECK(mean_a_token(matrix.unique_per_node, routing.token_count()) == Approx(3.983).margin(0.005));
    CHECK(mean_a_token(matrix.unique_per_rank, routing.token_count()) == Approx(7.477).margin(0.01));
}

TEST_CASE("each row of S(i,k) sums to tokens times k, idle ranks to nothing", "[workload]") {
    TokenWorkload workload = workload_of(12, 3, 4, 0, HotRouting{{5}, 20});
    workload.tokens_per_rank = {10, 0, 1, 250};
    const Routing routing = make_routing(workload, 9);
    const TokenMatrix matrix = matrix_of(workload, routing, 2);
    for (int rank = 0; rank < 4; ++rank) {
        const auto row = matrix.copies.row(rank);
        CHECK(std::accumulate(row.begin(), row.end(), 0u) ==
              static_cast<unsigned>(3 * workload.tokens_per_rank[static_cast<std::size_t>(rank)]));
        for (int destination = 0; destination < 4; ++destination)
            CHECK(matrix.unique_per_rank.at(rank, destination) <= matrix.copies.at(rank, destination));
    }
}

TEST_CASE("S(i,k) counts copies, ranks and nodes of a trace by hand", "[workload]") {
    // 2 ranks on 2 nodes, experts 0, 1 on rank 0 and 2, 3 on rank 1.
    // rank 0: token (0, 1) stays, token (1, 2) goes both ways; rank 1: token (0, 3) goes both ways.
    TokenWorkload workload = workload_of(4, 2, 2, 1, UniformRouting{});
    const Routing routing{4, 2, {0, 2, 3}, {0, 1, 1, 2, 0, 3}, {.5f, .5f, .5f, .5f, .5f, .5f}};
    const TokenMatrix matrix = make_token_matrix(routing, place_experts(workload, routing), {0, 1}, {0, 1});
    CHECK(matrix.copies.at(0, 0) == 3);
    CHECK(matrix.copies.at(0, 1) == 1);
    CHECK(matrix.copies.at(1, 0) == 1);
    CHECK(matrix.copies.at(1, 1) == 1);
    CHECK(matrix.unique_per_rank.at(0, 0) == 2);
    CHECK(matrix.unique_per_node.at(0, 1) == 1);
}

TEST_CASE("popularity has the shape that was asked for", "[workload]") {
    SECTION("uniform is all alike") {
        const auto weights = popularity(UniformRouting{}, 100, 1);
        CHECK(*std::min_element(weights.begin(), weights.end()) == *std::max_element(weights.begin(), weights.end()));
    }
    SECTION("zipf falls as 1 / position^s") {
        auto weights = popularity(ZipfRouting{1}, 100, 1);
        CHECK(weights.front() != *std::max_element(weights.begin(), weights.end()));  // shuffled
        std::sort(weights.begin(), weights.end(), std::greater<>{});
        CHECK(weights[0] / static_cast<double>(weights[9]) == Approx(10).epsilon(1e-5));
    }
    SECTION("lognormal has that deviation of its logarithm") {
        const auto weights = popularity(LognormalRouting{0.7}, 4000, 1);
        double sum = 0, squares = 0;
        for (const std::uint32_t weight : weights) {
            sum += std::log(weight);
            squares += std::log(weight) * std::log(weight);
        }
        CHECK(std::sqrt(squares / 4000 - sum / 4000 * sum / 4000) == Approx(0.7).epsilon(0.05));
    }
    SECTION("dirichlet shares have variance (1 - 1/E) / (E (E alpha + 1))") {
        const double alpha = 0.4, experts = 5000;
        const auto weights = popularity(DirichletRouting{alpha}, 5000, 1);
        const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
        double squares = 0;
        for (const std::uint32_t weight : weights) squares += weight / total * (weight / total);
        const double variance = squares / experts - 1 / (experts * experts);
        CHECK(variance == Approx((1 - 1 / experts) / (experts * (experts * alpha + 1))).epsilon(0.1));
    }
    SECTION("hot experts have their factor") {
        const auto weights = popularity(HotRouting{{3}, 8}, 10, 1);
        CHECK(weights[3] / static_cast<double>(weights[0]) == Approx(8).epsilon(1e-6));
    }
}

TEST_CASE("skew gives the receive skew that was asked for", "[workload]") {
    const double wanted = GENERATE(1.3, 2.5, 4.0, 8.0, 20.0);
    INFO(wanted);
    TokenWorkload workload = workload_of(256, 8, 32, 1024, SkewRouting{wanted});
    const Routing routing = make_routing(workload, 4);
    CHECK(receive_skew(matrix_of(workload, routing, 8)) == Approx(wanted).epsilon(0.02));
}

TEST_CASE("placements put experts where they say", "[workload]") {
    TokenWorkload workload = workload_of(8, 2, 4, 10, UniformRouting{});
    const Routing routing = make_routing(workload, 1);
    SECTION("contiguous") { CHECK(place_experts(workload, routing).ranks_of_expert[5] == std::vector{2}); }
    SECTION("round-robin") {
        workload.placement = RoundRobinPlacement{};
        CHECK(place_experts(workload, routing).ranks_of_expert[5] == std::vector{1});
    }
    SECTION("map, with copies that take turns") {
        workload.placement = MapPlacement{{{0}, {1}, {2}, {3}, {0}, {1, 3}, {2}, {3}}};
        const ExpertMap map = place_experts(workload, routing);
        CHECK(map.rank_for(5, 0, 0) == 1);
        CHECK(map.rank_for(5, 0, 1) == 3);
        CHECK(map.rank_for(5, 1, 1) == 1);
    }
}

TEST_CASE("redundant experts even out what ranks receive", "[workload]") {
    TokenWorkload workload = workload_of(64, 4, 16, 512, LognormalRouting{1.0});
    const Routing routing = make_routing(workload, 6);
    const double before = receive_skew(matrix_of(workload, routing, 8));
    workload.placement = RedundantPlacement{16};
    const ExpertMap map = place_experts(workload, routing);
    std::vector<int> slots(16);
    for (const std::vector<int>& ranks : map.ranks_of_expert) {
        CHECK(std::set<int>(ranks.begin(), ranks.end()).size() == ranks.size());  // no rank twice
        for (const int rank : ranks) ++slots[static_cast<std::size_t>(rank)];
    }
    CHECK(slots == std::vector<int>(16, 5));
    const double after = receive_skew(matrix_of(workload, routing, 8));
    INFO(before << " -> " << after);
    CHECK(after < 1.1);
    CHECK(before > 1.5);
}

TEST_CASE("a copy weighs its elements, scales and metadata", "[workload]") {
    // DeepEP: 7168 x 1 B + 56 scales x 4 B = 7392 B out, 7168 x 2 B = 14336 B back
    CHECK(in_bytes(message_of({{"fp8_e4m3", 8}, 128, {"fp32", 32}, {}}, 7168).total()) == 7392);
    CHECK(in_bytes(message_of({{"bf16", 16}, 0, {}, {}}, 7168).total()) == 14336);
    // 2880 x 4 bit = 1440 B, 180 blocks of 16 with a byte each, 12 B beside it
    CHECK(in_bytes(message_of({{"fp4_e2m1", 4}, 16, {"fp8_e4m3", 8}, bytes(12)}, 2880).total()) == 1632);
    // odd sizes round up: 5 x 4 bit = 3 B, 2 blocks of 4
    CHECK(in_bytes(message_of({{"fp4_e2m1", 4}, 4, {"fp32", 32}, {}}, 5).total()) == 11);
}

}  // namespace tokenyard
