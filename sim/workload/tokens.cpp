// SPDX-License-Identifier: Apache-2.0
#include "workload/tokens.hpp"

#include "workload/by_rank.hpp"
#include "workload/expert_sampler.hpp"
#include "workload/popularity.hpp"
#include "workload/skew.hpp"

namespace tokenyard {

std::vector<std::uint32_t> popularity_of(const TokenWorkload& workload, std::uint64_t seed) {
    if (std::holds_alternative<TraceRouting>(workload.routing)) return {};
    if (const auto* skew = std::get_if<SkewRouting>(&workload.routing))
        return popularity_with_skew(skew->max_over_mean, workload, seed);
    return popularity(workload.routing, workload.model.experts, seed);
}

Tokens::Tokens(const Routing& routing)
    : experts_(routing.experts),
      experts_per_token_(routing.experts_per_token),
      first_token_(routing.first_token),
      stored_(&routing) {}

Tokens::Tokens(const TokenWorkload& workload, std::uint64_t seed) {
    if (const auto* trace = std::get_if<TraceRouting>(&workload.routing)) *this = Tokens(trace->routing);
    else *this = Tokens(workload, popularity_of(workload, seed), seed);
}

Tokens::Tokens(const TokenWorkload& workload, const std::vector<std::uint32_t>& weights, std::uint64_t seed)
    : experts_(workload.model.experts),
      experts_per_token_(workload.model.experts_per_token),
      first_token_{0},
      sampler_(std::make_shared<ExpertSampler>(weights, workload.model.expert_groups, workload.model.groups_per_token)),
      seed_(seed) {
    for (const int tokens : workload.tokens_per_rank)
        first_token_.push_back(first_token_.back() + static_cast<std::uint32_t>(tokens));
}

std::span<const std::uint16_t> Tokens::experts_of(int rank, std::uint32_t first, std::uint32_t count,
                                                  std::vector<std::uint16_t>& room) const {
    const auto k = static_cast<std::size_t>(experts_per_token_);
    if (stored_) {
        const std::size_t token = std::size_t{first_token_[static_cast<std::size_t>(rank)]} + first;
        return std::span(stored_->expert_ids).subspan(token * k, count * k);
    }
    room.resize(count * k);
    sampler_->draw(seed_, rank, first, count, room);
    return room;
}

std::vector<std::uint64_t> copies_of_each_expert(const Tokens& tokens, int threads) {
    struct Notes {
        std::vector<std::uint64_t> copies;
        std::vector<std::uint16_t> room;
    };
    const auto experts = static_cast<std::size_t>(tokens.experts());
    const auto count = [&](int rank, Notes& notes) {
        for (const std::uint16_t expert : tokens.experts_of(rank, 0, tokens.count(rank), notes.room)) ++notes.copies[expert];
    };
    std::vector<std::uint64_t> sum(experts);
    for (const Notes& notes : visit_ranks(
             tokens.rank_count(), threads,
             [&] {
                 return Notes{std::vector<std::uint64_t>(experts), {}};
             },
             count))
        for (std::size_t expert = 0; expert < experts; ++expert) sum[expert] += notes.copies[expert];
    return sum;
}

}  // namespace tokenyard
