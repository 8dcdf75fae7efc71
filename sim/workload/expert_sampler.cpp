#include "workload/expert_sampler.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace tokenyard {
namespace {
constexpr int guide_bits = 10;
constexpr int most_passed_over = 64;  // in a row; 8 of 256 alike experts pass over 0.1 on average
}  // namespace

ExpertSampler::ExpertSampler(const std::vector<std::uint32_t>& weights, int expert_groups, int groups_per_token)
    : weights_(weights),
      group_size_(static_cast<std::uint32_t>(weights.size()) / static_cast<std::uint32_t>(expert_groups)),
      groups_per_token_(groups_per_token),
      taken_at_(weights.size()),
      group_at_(static_cast<std::size_t>(expert_groups)) {
    const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    assert(total > 0 && total < (std::uint64_t{1} << 32));
    std::uint64_t sum = 0;
    for (const std::uint32_t weight : weights) {
        thresholds_.push_back((sum << 32) / total);
        sum += weight;
    }
    thresholds_.push_back(std::uint64_t{1} << 32);
    for (std::uint32_t bucket = 0; bucket < 1u << guide_bits; ++bucket) {
        const std::uint64_t word = std::uint64_t{bucket} << (32 - guide_bits);
        guide_.push_back(
            static_cast<std::uint32_t>(std::upper_bound(thresholds_.begin(), thresholds_.end(), word) - thresholds_.begin() - 1));
    }
}

std::uint32_t ExpertSampler::expert_at(std::uint32_t word) const {
    std::uint32_t expert = guide_[word >> (32 - guide_bits)];
    while (thresholds_[expert + 1] <= word) ++expert;
    return expert;
}

bool ExpertSampler::is_allowed(std::uint32_t expert) const {
    return taken_at_[expert] != draw_ && (groups_taken_ < groups_per_token_ || group_at_[expert / group_size_] == draw_);
}

void ExpertSampler::take(std::uint32_t expert) {
    taken_at_[expert] = draw_;
    std::uint64_t& group = group_at_[expert / group_size_];
    groups_taken_ += group != draw_;
    group = draw_;
}

/// From the weights of what is allowed; where none of it has any, the first of it.
std::uint32_t ExpertSampler::draw_from_rest(RandomWords& words) const {
    std::uint32_t rest = 0, first = UINT32_MAX;
    for (std::uint32_t expert = 0; expert < weights_.size(); ++expert) {
        if (!is_allowed(expert)) continue;
        rest += weights_[expert];
        first = std::min(first, expert);
    }
    assert(first != UINT32_MAX);
    if (rest == 0) return first;
    std::uint32_t left = words.below(rest);
    std::uint32_t expert = first;
    while (!is_allowed(expert) || left >= weights_[expert]) {
        if (is_allowed(expert)) left -= weights_[expert];
        ++expert;
    }
    return expert;
}

void ExpertSampler::draw(std::uint64_t seed, int rank, std::uint32_t token, std::span<std::uint16_t> experts) {
    RandomWords words(seed, Stream::experts, static_cast<std::uint32_t>(rank), token);
    ++draw_;
    groups_taken_ = 0;
    for (std::uint16_t& slot : experts) {
        std::uint32_t expert = expert_at(words.next());
        for (int passed_over = 0; !is_allowed(expert); expert = expert_at(words.next()))
            if (++passed_over == most_passed_over) {
                expert = draw_from_rest(words);
                break;
            }
        take(expert);
        slot = static_cast<std::uint16_t>(expert);
    }
}

}  // namespace tokenyard
