// SPDX-License-Identifier: Apache-2.0
// S(i,k) made while tokens are drawn: the same as from stored tokens, and for any number of threads.
#include "workload/make_routing.hpp"

#include <catch2/catch.hpp>

#include <numeric>
#include <set>

namespace tokenyard {
namespace {

/// 12 ranks on 6 nodes and 3 islands, uneven batches, three experts a rank or, with copies of some, four.
TokenWorkload uneven_workload(Placement placement) {
    TokenWorkload workload;
    workload.model = {36, 5, 128, 1, 6, 3, {}};
    workload.tokens_per_rank = {700, 0, 1, 513, 512, 511, 1024, 30, 7, 90, 1300, 2};
    workload.placement = std::move(placement);
    workload.routing = LognormalRouting{1};
    return workload;
}

constexpr std::uint64_t seed = 21;
const std::vector<int> node_of_rank{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}, island_of_rank{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};

Placement each_placement() {
    switch (GENERATE(0, 1, 2)) {
        case 0: return ContiguousPlacement{};
        case 1: return RoundRobinPlacement{};
        default: return RedundantPlacement{12};
    }
}

bool are_equal(const TokenMatrix& a, const TokenMatrix& b) {
    return a.copies == b.copies && a.unique_per_rank == b.unique_per_rank && a.unique_per_node == b.unique_per_node &&
           a.unique_per_island == b.unique_per_island;
}

/// Token by token, with sets.
TokenMatrix counted_by_sets(const Routing& routing, const ExpertMap& experts) {
    TokenMatrix counts{{12, 12}, {12, 12}, {12, 6}, {12, 3}};
    for (int source = 0; source < 12; ++source) {
        const std::uint32_t first = routing.first_token[static_cast<std::size_t>(source)];
        for (std::uint32_t token = first; token < routing.first_token[static_cast<std::size_t>(source) + 1]; ++token) {
            std::set<int> ranks, nodes, islands;
            for (const std::uint16_t expert : routing.experts_of(token)) {
                const int rank = experts.rank_for(expert, source, token - first);
                ++counts.copies.at(source, rank);
                ranks.insert(rank);
                nodes.insert(node_of_rank[static_cast<std::size_t>(rank)]);
                islands.insert(island_of_rank[static_cast<std::size_t>(rank)]);
            }
            for (const int rank : ranks) ++counts.unique_per_rank.at(source, rank);
            for (const int node : nodes) ++counts.unique_per_node.at(source, node);
            for (const int island : islands) ++counts.unique_per_island.at(source, island);
        }
    }
    return counts;
}

}  // namespace

TEST_CASE("S(i,k) of tokens that are drawn is that of stored ones, counted with sets", "[workload]") {
    const TokenWorkload workload = uneven_workload(each_placement());
    const Routing routing = make_routing(workload, seed);
    const Tokens drawn(workload, seed), stored(routing);
    const ExpertMap experts = place_experts(workload, drawn);
    CHECK(experts.ranks_of_expert == place_experts(workload, stored).ranks_of_expert);
    const TokenMatrix counts = make_token_matrix(drawn, experts, node_of_rank, island_of_rank);
    CHECK(are_equal(counts, make_token_matrix(stored, experts, node_of_rank, island_of_rank)));
    CHECK(are_equal(counts, counted_by_sets(routing, experts)));
    CHECK(make_expert_loads(drawn, experts) == make_expert_loads(stored, experts));
}

TEST_CASE("counts are the same for any number of threads", "[workload]") {
    const TokenWorkload workload = uneven_workload(each_placement());
    const Tokens tokens(workload, seed);
    const ExpertMap experts = place_experts(workload, tokens, 1);
    const TokenMatrix counts = make_token_matrix(tokens, experts, node_of_rank, island_of_rank, {}, 1);
    const int threads = GENERATE(2, 3, 100);
    INFO(threads << " threads");
    CHECK(place_experts(workload, tokens, threads).ranks_of_expert == experts.ranks_of_expert);
    CHECK(are_equal(make_token_matrix(tokens, experts, node_of_rank, island_of_rank, {}, threads), counts));
    CHECK(make_expert_loads(tokens, experts, {}, threads) == make_expert_loads(tokens, experts, {}, 1));
}

TEST_CASE("what is unique is counted once where ranks have one expert and islands are nodes", "[workload]") {
    TokenWorkload workload = uneven_workload(ContiguousPlacement{});
    workload.model = {12, 3, 128, 1, 1, 1, {}};
    const Tokens tokens(workload, seed);
    const TokenMatrix counts = make_token_matrix(tokens, place_experts(workload, tokens), node_of_rank, node_of_rank);
    CHECK(counts.unique_per_rank == counts.copies);
    CHECK(counts.unique_per_node == counts.unique_per_island);
    const auto row = counts.copies.row(10);
    CHECK(std::accumulate(row.begin(), row.end(), 0u) == 3 * 1300);
}

TEST_CASE("micro-batches have all tokens between them, each rank's in even runs", "[workload]") {
    const TokenWorkload workload = uneven_workload(ContiguousPlacement{});
    const Tokens tokens(workload, seed);
    const ExpertMap experts = place_experts(workload, tokens);
    const TokenMatrix all = make_token_matrix(tokens, experts, node_of_rank, island_of_rank);
    RankMatrix<std::uint32_t> sum(12, 12);
    for (int part = 0; part < 2; ++part) {
        const TokenMatrix some = make_token_matrix(tokens, experts, node_of_rank, island_of_rank, {part, 2});
        for (int source = 0; source < 12; ++source) {
            const auto row = some.copies.row(source);
            const auto batch = static_cast<unsigned>(workload.tokens_per_rank[static_cast<std::size_t>(source)]);
            CHECK(std::accumulate(row.begin(), row.end(), 0u) == 5 * (part == 0 ? batch / 2 : batch - batch / 2));
            for (int rank = 0; rank < 12; ++rank) sum.at(source, rank) += row[static_cast<std::size_t>(rank)];
        }
    }
    CHECK(sum == all.copies);
}

TEST_CASE("a copy of a table keeps its cells when the other one is changed", "[workload]") {
    RankMatrix<std::uint32_t> first(2, 3);
    first.at(1, 2) = 7;
    RankMatrix<std::uint32_t> second = first;
    CHECK(second == first);
    second.at(1, 2) = 8;
    CHECK(first.at(1, 2) == 7);
    CHECK(second.at(1, 2) == 8);
    CHECK(RankMatrix<std::uint32_t>() == RankMatrix<std::uint32_t>(0, 0));
}

TEST_CASE("volumes that follow from counts turn round and can be written", "[workload]") {
    RankMatrix<std::uint32_t> counts(2, 3);
    counts.at(0, 1) = 2;
    counts.at(1, 2) = 5;
    VolumeMatrix volumes(counts, bytes(10));
    const VolumeMatrix turned = transpose(volumes);
    CHECK(turned.rows() == 3);
    CHECK(turned.columns() == 2);
    CHECK(in_bytes(turned.at(2, 1)) == 50);
    CHECK(turned.used_pairs() == 2);
    CHECK(transpose(turned) == volumes);
    CHECK_FALSE(turned == volumes);
    volumes.at(0, 0) = bytes(1);
    CHECK(in_bytes(std::as_const(volumes).at(0, 1)) == 20);
    CHECK(volumes.used_pairs() == 3);
    CHECK(in_bytes(turned.at(0, 0)) == 0);
    VolumeMatrix written = turned;
    written.at(2, 1) = bytes(3);
    CHECK(in_bytes(transpose(written).at(1, 2)) == 3);
}

}  // namespace tokenyard
