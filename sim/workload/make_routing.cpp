// SPDX-License-Identifier: Apache-2.0
#include "workload/make_routing.hpp"

#include "workload/by_rank.hpp"
#include "workload/philox.hpp"
#include "workload/place_experts.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tokenyard {
namespace {

/// The router's scores of one token: uniform, scaled to a sum of 1. Time does not depend on them; combine's sums do.
void draw_weights(std::uint64_t seed, int rank, std::uint32_t token, std::span<float> weights) {
    RandomWords words(seed, Stream::weights, static_cast<std::uint32_t>(rank), token);
    float sum = 0;
    for (float& weight : weights) {
        weight = static_cast<float>((words.next() >> 8) + 1);  // 24 bits: exact as a float
        sum += weight;
    }
    for (float& weight : weights) weight /= sum;
}

/// The part of a rank's tokens that belongs to a micro-batch: its first one, and how many.
std::pair<std::uint32_t, std::uint32_t> run_of(const Tokens& tokens, int rank, BatchPart part) {
    assert(part.part >= 0 && part.part < part.parts);
    const auto up_to = [&](int count) {
        return static_cast<std::uint32_t>(std::uint64_t{tokens.count(rank)} * static_cast<std::uint64_t>(count) /
                                          static_cast<std::uint64_t>(part.parts));
    };
    return {up_to(part.part), up_to(part.part + 1) - up_to(part.part)};
}

/// All copies of all experts in one row: the copy that a token uses costs one look, and a division only where there is a choice.
class ExpertCopies {
public:
    explicit ExpertCopies(const ExpertMap& experts) {
        for (const std::vector<int>& ranks : experts.ranks_of_expert) {
            first_.push_back(static_cast<std::uint32_t>(rank_of_copy_.size()));
            rank_of_copy_.insert(rank_of_copy_.end(), ranks.begin(), ranks.end());
        }
        first_.push_back(static_cast<std::uint32_t>(rank_of_copy_.size()));
    }
    std::size_t size() const { return rank_of_copy_.size(); }
    int rank_of(std::size_t copy) const { return rank_of_copy_[copy]; }
    std::size_t first_of(std::size_t expert) const { return first_[expert]; }

    /// As ExpertMap::copy_for.
    std::size_t used_by(std::uint16_t expert, int source_rank, std::uint32_t token) const {
        const std::uint32_t first = first_[expert], count = first_[expert + std::size_t{1}] - first;
        return count == 1 ? first : first + (static_cast<std::uint32_t>(source_rank) + token) % count;
    }

private:
    std::vector<std::uint32_t> first_;
    std::vector<int> rank_of_copy_;
};

/// Calls visit(copies) for runs of a rank's tokens with the copies of experts that they use, k a token. Runs are short
/// enough for what is made of them to stay in a near cache.
template <class Visit>
void for_each_run(const Tokens& tokens, const ExpertCopies& copies, int rank, BatchPart part, std::vector<std::uint16_t>& room,
                  const Visit& visit) {
    constexpr std::uint32_t longest_run = 512;
    const auto k = static_cast<std::size_t>(tokens.experts_per_token());
    const auto [first, count] = run_of(tokens, rank, part);
    std::vector<std::uint32_t> used;
    for (std::uint32_t begin = 0; begin < count; begin += longest_run) {
        const std::uint32_t length = std::min(longest_run, count - begin);
        const std::span<const std::uint16_t> experts = tokens.experts_of(rank, first + begin, length, room);
        used.resize(experts.size());
        for (std::size_t i = 0; i < experts.size(); ++i)
            used[i] = static_cast<std::uint32_t>(copies.used_by(experts[i], rank, begin + static_cast<std::uint32_t>(i / k)));
        visit(std::span<std::uint32_t>(used));
    }
}

/// Counts each token of one rank once for every group of ranks that it comes to.
class UniqueCount {
public:
    explicit UniqueCount(int groups) : seen_(static_cast<std::size_t>(groups)) {}

    /// `group_of(rank)` of k destinations a token.
    template <class GroupOf>
    void add(std::span<const std::uint32_t> destinations, std::size_t k, const GroupOf& group_of,
             std::span<std::uint32_t> counts) {
        for (std::size_t token = 0; token < destinations.size(); token += k) {
            ++token_;
            for (std::size_t i = token; i < token + k; ++i) {
                const auto group = static_cast<std::size_t>(group_of(destinations[i]));
                counts[group] += std::exchange(seen_[group], token_) != token_;
            }
        }
    }

private:
    std::uint32_t token_ = 0;          // counts on over all ranks
    std::vector<std::uint32_t> seen_;  // the last token that came to each group
};

bool some_rank_has_two(const ExpertMap& experts, int ranks) {
    std::vector<bool> has_one(static_cast<std::size_t>(ranks));
    for (const std::vector<int>& holders : experts.ranks_of_expert)
        for (const int rank : holders) {
            if (has_one[static_cast<std::size_t>(rank)]) return true;
            has_one[static_cast<std::size_t>(rank)] = true;
        }
    return false;
}

}  // namespace

Routing make_routing(const TokenWorkload& workload, std::uint64_t seed) {
    if (const auto* trace = std::get_if<TraceRouting>(&workload.routing)) return trace->routing;
    const Tokens tokens(workload, seed);
    Routing routing{tokens.experts(), tokens.experts_per_token(), tokens.first_token(), {}, {}};
    const auto k = static_cast<std::size_t>(routing.experts_per_token);
    routing.expert_ids.resize(routing.token_count() * k);
    routing.weights.resize(routing.token_count() * k);
    const auto draw = [&](int rank, std::vector<std::uint16_t>& room) {
        const std::size_t first = routing.first_token[static_cast<std::size_t>(rank)];
        const std::span<const std::uint16_t> experts = tokens.experts_of(rank, 0, tokens.count(rank), room);
        std::copy(experts.begin(), experts.end(), routing.expert_ids.begin() + static_cast<std::ptrdiff_t>(first * k));
        for (std::uint32_t token = 0; token < tokens.count(rank); ++token)
            draw_weights(seed, rank, token, std::span(routing.weights).subspan((first + token) * k, k));
    };
    visit_ranks(
        routing.rank_count(), 0, [] { return std::vector<std::uint16_t>(); }, draw);
    return routing;
}

ExpertMap place_experts(const TokenWorkload& workload, const Tokens& tokens, int threads) {
    const bool is_redundant = std::holds_alternative<RedundantPlacement>(workload.placement);
    return place_experts(workload, is_redundant ? copies_of_each_expert(tokens, threads) : std::vector<std::uint64_t>());
}

TokenMatrix make_token_matrix(const Tokens& tokens, const ExpertMap& experts, const std::vector<int>& node_of_rank,
                              const std::vector<int>& island_of_rank, BatchPart part, int threads) {
    const int ranks = tokens.rank_count(), nodes = node_of_rank.back() + 1, islands = island_of_rank.back() + 1;
    assert(node_of_rank.size() == static_cast<std::size_t>(ranks) && island_of_rank.size() == node_of_rank.size());
    // What is the same by nature is counted, and stored, once.
    const bool has_lone_experts = !some_rank_has_two(experts, ranks), are_nodes_islands = node_of_rank == island_of_rank;
    TokenMatrix matrix;
    matrix.copies = {ranks, ranks};
    if (!has_lone_experts) matrix.unique_per_rank = {ranks, ranks};
    if (!are_nodes_islands) matrix.unique_per_node = {ranks, nodes};
    matrix.unique_per_island = {ranks, islands};

    struct Notes {
        UniqueCount by_rank, by_node, by_island;
        std::vector<std::uint16_t> room;
    };
    const auto k = static_cast<std::size_t>(tokens.experts_per_token());
    const ExpertCopies copies(experts);
    const auto count = [&](int source, Notes& notes) {
        const std::span<std::uint32_t> row = matrix.copies.own_row(source);
        for_each_run(tokens, copies, source, part, notes.room, [&](std::span<std::uint32_t> places) {
            for (std::uint32_t& place : places) {
                place = static_cast<std::uint32_t>(copies.rank_of(place));
                ++row[place];
            }
            const auto itself = [](std::uint32_t rank) { return rank; };
            if (!has_lone_experts) notes.by_rank.add(places, k, itself, matrix.unique_per_rank.own_row(source));
            const auto node_of = [&](std::uint32_t rank) { return node_of_rank[rank]; };
            if (!are_nodes_islands) notes.by_node.add(places, k, node_of, matrix.unique_per_node.own_row(source));
            const auto island_of = [&](std::uint32_t rank) { return island_of_rank[rank]; };
            notes.by_island.add(places, k, island_of, matrix.unique_per_island.own_row(source));
        });
    };
    visit_ranks(
        ranks, threads,
        [&] {
            return Notes{UniqueCount(ranks), UniqueCount(nodes), UniqueCount(islands), {}};
        },
        count);
    if (has_lone_experts) matrix.unique_per_rank = matrix.copies;
    if (are_nodes_islands) matrix.unique_per_node = matrix.unique_per_island;
    return matrix;
}

std::vector<std::vector<ExpertLoad>> make_expert_loads(const Tokens& tokens, const ExpertMap& experts, BatchPart part,
                                                       int threads) {
    struct Notes {
        std::vector<std::uint32_t> copies;  // for each copy of an expert
        std::vector<std::uint16_t> room;
    };
    const ExpertCopies copies(experts);
    const auto count = [&](int source, Notes& notes) {
        for_each_run(tokens, copies, source, part, notes.room, [&](std::span<const std::uint32_t> used) {
            for (const std::uint32_t copy : used) ++notes.copies[copy];
        });
    };
    std::vector<std::uint32_t> sum(copies.size());
    for (const Notes& notes : visit_ranks(
             tokens.rank_count(), threads,
             [&] {
                 return Notes{std::vector<std::uint32_t>(copies.size()), {}};
             },
             count))
        for (std::size_t copy = 0; copy < sum.size(); ++copy) sum[copy] += notes.copies[copy];

    std::vector<std::vector<ExpertLoad>> loads(static_cast<std::size_t>(tokens.rank_count()));
    for (std::size_t expert = 0; expert < experts.ranks_of_expert.size(); ++expert)
        for (std::size_t i = 0; i < experts.ranks_of_expert[expert].size(); ++i)
            loads[static_cast<std::size_t>(experts.ranks_of_expert[expert][i])].push_back(
                {static_cast<int>(expert), sum[copies.first_of(expert) + i]});
    return loads;
}

ExpertTraffic make_expert_traffic(const Tokens& tokens, const ExpertMap& experts, int threads) {
    const ExpertCopies copies(experts);
    ExpertTraffic traffic{{}, {}, {tokens.rank_count(), static_cast<int>(copies.size())}};
    for (std::size_t expert = 0; expert < experts.ranks_of_expert.size(); ++expert)
        for (const int rank : experts.ranks_of_expert[expert]) {
            traffic.expert_of.push_back(static_cast<int>(expert));
            traffic.rank_of.push_back(rank);
        }
    const auto count = [&](int source, std::vector<std::uint16_t>& room) {
        const std::span<std::uint32_t> row = traffic.copies.own_row(source);
        for_each_run(tokens, copies, source, {}, room, [&](std::span<const std::uint32_t> used) {
            for (const std::uint32_t copy : used) ++row[copy];
        });
    };
    visit_ranks(
        tokens.rank_count(), threads, [] { return std::vector<std::uint16_t>(); }, count);
    return traffic;
}

VolumeMatrix volumes_of(const TokenMatrix& tokens, Bytes per_copy) { return {tokens.copies, per_copy}; }

}  // namespace tokenyard
