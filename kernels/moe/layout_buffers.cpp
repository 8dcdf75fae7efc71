// SPDX-License-Identifier: Apache-2.0
// The host's part of the layout: placements, and the memory that a layout takes.
#include "moe/layout.hpp"
#include "moe/layout_tiles.hpp"
#include "moe/router_table.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

namespace tokenyard::gpu {
namespace {

constexpr int most_counters = 12000;

bool ascends_from_zero(const std::vector<int>& values, int largest_step) {
    if (values.empty() || values.front() != 0) return false;
    for (std::size_t i = 1; i < values.size(); ++i)
        if (values[i] < values[i - 1] || values[i] - values[i - 1] > largest_step) return false;
    return true;
}

std::vector<std::int32_t> ranks_of_experts(const Placement& placement) {
    std::vector<std::int32_t> ranks;
    for (int rank = 0; rank < placement.ranks(); ++rank)
        ranks.resize(static_cast<std::size_t>(placement.first_expert_of_rank[static_cast<std::size_t>(rank) + 1]), rank);
    return ranks;
}

/// Hands out consecutive parts of one piece of memory, which may be none to find its size.
class Parts {
public:
    explicit Parts(std::int32_t* start) : start_(start) {}
    std::int32_t* next(std::size_t count) {
        used_ += count;
        return start_ ? start_ + used_ - count : nullptr;
    }
    std::size_t used() const { return used_; }

private:
    std::int32_t* start_;
    std::size_t used_ = 0;
};

}  // namespace

Placement contiguous_placement(int experts, int ranks, int ranks_per_node) {
    if (experts < 1 || ranks < 1 || ranks_per_node < 1)
        throw std::invalid_argument("found a placement without experts, ranks or ranks a node; expected at least 1 of each");
    Placement placement;
    for (int rank = 0; rank <= ranks; ++rank)
        placement.first_expert_of_rank.push_back(static_cast<int>(static_cast<long>(experts) * rank / ranks));
    for (int rank = 0; rank < ranks; ++rank) placement.node_of_rank.push_back(rank / ranks_per_node);
    return placement;
}

void check(const Placement& placement) {
    const auto refuse = [](const std::string& what) { throw std::invalid_argument(what); };
    if (!ascends_from_zero(placement.first_expert_of_rank, std::numeric_limits<int>::max()) ||
        !ascends_from_zero(placement.node_of_rank, 1))
        refuse("found a placement whose tables do not ascend from 0; expected consecutive experts and ranks");
    if (placement.first_expert_of_rank.size() != placement.node_of_rank.size() + 1)
        refuse("found " + std::to_string(placement.node_of_rank.size()) + " ranks with nodes and " +
               std::to_string(placement.first_expert_of_rank.size() - 1) + " with experts; expected as many");
    const long counters = static_cast<long>(placement.experts()) + placement.ranks() + placement.nodes();
    if (placement.experts() < 1 || counters > most_counters)
        refuse("found " + std::to_string(counters) + " experts, ranks and nodes; expected some experts and at most " +
               std::to_string(most_counters) + " in all");
}

LayoutBuffers::LayoutBuffers(const Placement& placement, int most_tokens, int experts_per_token)
    : most_tokens_(most_tokens), experts_per_token_(experts_per_token) {
    check(placement);
    if (experts_per_token < 1 || experts_per_token > most_experts_per_token || most_tokens < 0)
        throw std::invalid_argument("found " + std::to_string(experts_per_token) + " experts a token; expected 1 to " +
                                    std::to_string(most_experts_per_token));
    experts_ = placement.experts();
    ranks_ = placement.ranks();
    nodes_ = placement.nodes();
    const auto experts = static_cast<std::size_t>(experts_), ranks = static_cast<std::size_t>(ranks_),
               nodes = static_cast<std::size_t>(nodes_), counters = experts + ranks + nodes;
    const std::size_t copies = static_cast<std::size_t>(most_tokens) * static_cast<std::size_t>(experts_per_token);
    const auto hand_out = [&](Parts parts) {
        for (std::int32_t** part : {&layout_.copies_to_expert, &rank_of_expert_}) *part = parts.next(experts);
        for (std::int32_t** part : {&layout_.copies_to_rank, &layout_.tokens_to_rank, &node_of_rank_}) *part = parts.next(ranks);
        for (std::int32_t** part : {&layout_.copies_to_node, &layout_.tokens_to_node}) *part = parts.next(nodes);
        for (std::int32_t** part : {&layout_.first_row_of_rank, &layout_.first_token_row_of_rank, &first_expert_of_rank_})
            *part = parts.next(ranks + 1);
        layout_.first_row_of_expert = parts.next(experts + 1);
        for (std::int32_t** part : {&layout_.row_of_copy, &layout_.token_row_of_copy}) *part = parts.next(copies);
        totals_ = parts.next(counters);
        tile_counts_ = parts.next(counters * most_tiles_for(most_tokens));
        return parts.used();
    };
    memory_ = DeviceArray<std::int32_t>(hand_out(Parts(nullptr)));
    hand_out(Parts(memory_.get()));
    const auto write = [](std::int32_t* to, const std::vector<std::int32_t>& values) {
        copy_to_device(to, values.data(), values.size() * sizeof values[0]);
    };
    write(rank_of_expert_, ranks_of_experts(placement));
    write(first_expert_of_rank_, placement.first_expert_of_rank);
    write(node_of_rank_, placement.node_of_rank);
}

}  // namespace tokenyard::gpu
