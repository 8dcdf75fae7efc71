// SPDX-License-Identifier: Apache-2.0
#include "workload/expert_sampler.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>

namespace tokenyard {
namespace {

constexpr int least_guide_bits = 10, most_guide_bits = 16;  // four values an expert, and within a near cache
constexpr int most_passed_over = 64;                        // in a row; 8 of 256 alike experts pass over 0.1 on average

}  // namespace

/// What a token has so far.
struct ExpertSampler::Taken {
    std::vector<std::uint8_t> experts, groups;  // 1: taken
    int group_count = 0;
};

ExpertSampler::ExpertSampler(const std::vector<std::uint32_t>& weights, int expert_groups, int groups_per_token)
    : weights_(weights), expert_groups_(expert_groups), groups_per_token_(groups_per_token) {
    const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    assert(total > 0 && total < (std::uint64_t{1} << 32) && weights.size() <= (std::size_t{1} << 16));
    std::vector<std::uint64_t> thresholds;  // expert e is drawn by words in [thresholds[e], thresholds[e + 1])
    std::uint64_t sum = 0;
    for (const std::uint32_t weight : weights) {
        thresholds.push_back((sum << 32) / total);
        sum += weight;
    }
    thresholds.push_back(std::uint64_t{1} << 32);
    const std::size_t group_size = weights.size() / static_cast<std::size_t>(expert_groups);
    for (std::size_t expert = 0; expert < weights.size(); ++expert) {
        last_word_.push_back(static_cast<std::uint32_t>(thresholds[expert + 1] - 1));  // of no use before the first share
        group_of_expert_.push_back(static_cast<std::uint16_t>(expert / group_size));
    }
    const int guide_bits = std::clamp(static_cast<int>(std::bit_width(weights.size())) + 2, least_guide_bits, most_guide_bits);
    guide_shift_ = 32 - guide_bits;
    for (std::uint32_t bucket = 0; bucket < 1u << guide_bits; ++bucket) {
        const std::uint64_t word = std::uint64_t{bucket} << guide_shift_;
        guide_.push_back(
            static_cast<std::uint16_t>(std::upper_bound(thresholds.begin(), thresholds.end(), word) - thresholds.begin() - 1));
    }
}

std::uint32_t ExpertSampler::expert_at(std::uint32_t word) const {
    std::uint32_t expert = guide_[word >> guide_shift_];
    while (last_word_[expert] < word) ++expert;
    return expert;
}

template <bool has_groups>
bool ExpertSampler::is_allowed(std::uint32_t expert, const Taken& taken) const {
    if (taken.experts[expert] != 0) return false;
    if constexpr (!has_groups) return true;
    return taken.group_count < groups_per_token_ || taken.groups[group_of_expert_[expert]] != 0;
}

/// From the weights of what is allowed; where none of it has any, the first of it.
template <bool has_groups>
std::uint32_t ExpertSampler::draw_from_rest(RandomWords& words, const Taken& taken) const {
    std::uint32_t rest = 0, first = UINT32_MAX;
    for (std::uint32_t expert = 0; expert < weights_.size(); ++expert) {
        if (!is_allowed<has_groups>(expert, taken)) continue;
        rest += weights_[expert];
        first = std::min(first, expert);
    }
    assert(first != UINT32_MAX);
    if (rest == 0) return first;
    std::uint32_t left = words.below(rest);
    std::uint32_t expert = first;
    while (!is_allowed<has_groups>(expert, taken) || left >= weights_[expert]) {
        if (is_allowed<has_groups>(expert, taken)) left -= weights_[expert];
        ++expert;
    }
    return expert;
}

template <bool has_groups>
void ExpertSampler::draw_token(RandomWords words, Taken& taken, std::span<std::uint16_t> experts) const {
    for (std::uint16_t& slot : experts) {
        std::uint32_t expert = expert_at(words.next());
        for (int passed_over = 0; !is_allowed<has_groups>(expert, taken); expert = expert_at(words.next()))
            if (++passed_over == most_passed_over) {
                expert = draw_from_rest<has_groups>(words, taken);
                break;
            }
        taken.experts[expert] = 1;
        if constexpr (has_groups) {
            std::uint8_t& group = taken.groups[group_of_expert_[expert]];
            taken.group_count += group == 0;
            group = 1;
        }
        slot = static_cast<std::uint16_t>(expert);
    }
    for (const std::uint16_t expert : experts) {
        taken.experts[expert] = 0;
        if constexpr (has_groups) taken.groups[group_of_expert_[expert]] = 0;
    }
    taken.group_count = 0;
}

void ExpertSampler::draw(std::uint64_t seed, int rank, std::uint32_t first, std::uint32_t count,
                         std::span<std::uint16_t> experts) const {
    Taken taken{std::vector<std::uint8_t>(weights_.size()), std::vector<std::uint8_t>(static_cast<std::size_t>(expert_groups_))};
    const std::size_t each = count > 0 ? experts.size() / count : 0;
    const bool has_groups = groups_per_token_ < expert_groups_;
    for (std::uint32_t i = 0; i < count; ++i) {
        const RandomWords words(seed, Stream::experts, static_cast<std::uint32_t>(rank), first + i);
        const std::span<std::uint16_t> of_token = experts.subspan(i * each, each);
        if (has_groups) draw_token<true>(words, taken, of_token);
        else draw_token<false>(words, taken, of_token);
    }
}

}  // namespace tokenyard
