#include "workload/make_routing.hpp"

#include "workload/expert_sampler.hpp"
#include "workload/philox.hpp"
#include "workload/popularity.hpp"
#include "workload/skew.hpp"

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

}  // namespace

std::vector<std::uint32_t> popularity_of(const TokenWorkload& workload, std::uint64_t seed) {
    if (std::holds_alternative<TraceRouting>(workload.routing)) return {};
    if (const auto* skew = std::get_if<SkewRouting>(&workload.routing))
        return popularity_with_skew(skew->max_over_mean, workload, seed);
    return popularity(workload.routing, workload.model.experts, seed);
}

Routing draw_routing(const TokenWorkload& workload, const std::vector<std::uint32_t>& weights, std::uint64_t seed) {
    const Model& model = workload.model;
    Routing routing{model.experts, model.experts_per_token, {0}, {}, {}};
    for (const int tokens : workload.tokens_per_rank)
        routing.first_token.push_back(routing.first_token.back() + static_cast<std::uint32_t>(tokens));
    const auto k = static_cast<std::size_t>(model.experts_per_token);
    routing.expert_ids.resize(routing.token_count() * k);
    routing.weights.resize(routing.token_count() * k);
    ExpertSampler sampler(weights, model.expert_groups, model.groups_per_token);
    for (int rank = 0; rank < routing.rank_count(); ++rank) {
        const std::uint32_t first = routing.first_token[static_cast<std::size_t>(rank)];
        const auto tokens = static_cast<std::uint32_t>(workload.tokens_per_rank[static_cast<std::size_t>(rank)]);
        for (std::uint32_t token = 0; token < tokens; ++token) {
            sampler.draw(seed, rank, token, std::span(routing.expert_ids).subspan((first + token) * k, k));
            draw_weights(seed, rank, token, std::span(routing.weights).subspan((first + token) * k, k));
        }
    }
    return routing;
}

Routing make_routing(const TokenWorkload& workload, std::uint64_t seed) {
    if (const auto* trace = std::get_if<TraceRouting>(&workload.routing)) return trace->routing;
    return draw_routing(workload, popularity_of(workload, seed), seed);
}

namespace {

/// Counts each token once for every group of ranks that it comes to.
class UniqueCount {
public:
    UniqueCount(RankMatrix<std::uint32_t>& counts) : counts_(counts), seen_(static_cast<std::size_t>(counts.columns())) {}
    void add(int source, int group, std::uint32_t token) {
        // 0 is no token, so tokens count from 1 here.
        counts_.at(source, group) += std::exchange(seen_[static_cast<std::size_t>(group)], token + 1) != token + 1;
    }

private:
    RankMatrix<std::uint32_t>& counts_;
    std::vector<std::uint32_t> seen_;  // the last token that came to each group
};

}  // namespace

TokenMatrix make_token_matrix(const Routing& routing, const ExpertMap& experts, const std::vector<int>& node_of_rank,
                              const std::vector<int>& island_of_rank) {
    const int ranks = routing.rank_count();
    assert(node_of_rank.size() == static_cast<std::size_t>(ranks) && island_of_rank.size() == node_of_rank.size());
    TokenMatrix matrix{{ranks, ranks}, {ranks, ranks}, {ranks, node_of_rank.back() + 1}, {ranks, island_of_rank.back() + 1}};
    UniqueCount by_rank(matrix.unique_per_rank), by_node(matrix.unique_per_node), by_island(matrix.unique_per_island);
    for (int source = 0; source < ranks; ++source) {
        const std::uint32_t first = routing.first_token[static_cast<std::size_t>(source)];
        const std::uint32_t end = routing.first_token[static_cast<std::size_t>(source) + 1];
        for (std::uint32_t token = first; token < end; ++token)
            for (const std::uint16_t expert : routing.experts_of(token)) {
                const int destination = experts.rank_for(expert, source, token - first);
                ++matrix.copies.at(source, destination);
                by_rank.add(source, destination, token);
                by_node.add(source, node_of_rank[static_cast<std::size_t>(destination)], token);
                by_island.add(source, island_of_rank[static_cast<std::size_t>(destination)], token);
            }
    }
    return matrix;
}

std::vector<std::vector<ExpertLoad>> make_expert_loads(const Routing& routing, const ExpertMap& experts) {
    const int ranks = routing.rank_count();
    std::vector<std::vector<ExpertLoad>> loads(static_cast<std::size_t>(ranks));
    std::vector<std::vector<std::size_t>> place(experts.ranks_of_expert.size());  // of each expert's copies on their ranks
    for (std::size_t expert = 0; expert < experts.ranks_of_expert.size(); ++expert)
        for (const int rank : experts.ranks_of_expert[expert]) {
            std::vector<ExpertLoad>& on_rank = loads[static_cast<std::size_t>(rank)];
            place[expert].push_back(on_rank.size());
            on_rank.push_back({static_cast<int>(expert), 0});
        }
    for (int source = 0; source < ranks; ++source) {
        const std::uint32_t first = routing.first_token[static_cast<std::size_t>(source)];
        for (std::uint32_t token = first; token < routing.first_token[static_cast<std::size_t>(source) + 1]; ++token)
            for (const std::uint16_t expert : routing.experts_of(token)) {
                const std::size_t copy = experts.copy_for(expert, source, token - first);
                const int rank = experts.ranks_of_expert[expert][copy];
                ++loads[static_cast<std::size_t>(rank)][place[expert][copy]].copies;
            }
    }
    return loads;
}

Routing part_of(const Routing& routing, int part, int parts) {
    assert(part >= 0 && part < parts);
    const auto k = static_cast<std::ptrdiff_t>(routing.experts_per_token);
    Routing some{routing.experts, routing.experts_per_token, {0}, {}, {}};
    for (int rank = 0; rank < routing.rank_count(); ++rank) {
        const std::uint64_t first = routing.first_token[static_cast<std::size_t>(rank)],
                            count = routing.first_token[static_cast<std::size_t>(rank) + 1] - first;
        const auto at = [&](int i) {
            return static_cast<std::ptrdiff_t>(first +
                                               count * static_cast<std::uint64_t>(i) / static_cast<std::uint64_t>(parts)) *
                   k;
        };
        some.expert_ids.insert(some.expert_ids.end(), routing.expert_ids.begin() + at(part),
                               routing.expert_ids.begin() + at(part + 1));
        some.weights.insert(some.weights.end(), routing.weights.begin() + at(part), routing.weights.begin() + at(part + 1));
        some.first_token.push_back(static_cast<std::uint32_t>(some.expert_ids.size() / static_cast<std::size_t>(k)));
    }
    return some;
}

VolumeMatrix volumes_of(const TokenMatrix& tokens, Bytes per_copy) {
    VolumeMatrix volumes(tokens.copies.rows(), tokens.copies.columns());
    for (int source = 0; source < volumes.rows(); ++source)
        for (int destination = 0; destination < volumes.columns(); ++destination)
            volumes.at(source, destination) = per_copy * tokens.copies.at(source, destination);
    return volumes;
}

VolumeMatrix transpose(const VolumeMatrix& volumes) {
    VolumeMatrix turned(volumes.columns(), volumes.rows());
    for (int row = 0; row < volumes.rows(); ++row)
        for (int column = 0; column < volumes.columns(); ++column) turned.at(column, row) = volumes.at(row, column);
    return turned;
}

}  // namespace tokenyard
