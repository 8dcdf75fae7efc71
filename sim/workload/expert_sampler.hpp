// SPDX-License-Identifier: Apache-2.0
// Draws the experts of tokens.
#pragma once

#include "workload/philox.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tokenyard {

/// Experts one after another in proportion to their weights, without repeats, and within the first groups reached.
/// Sampling with replacement and passing over what is not allowed gives the same distribution as sampling from what
/// is left (Plackett and Luce); when that is passed over too often the rest is summed exactly instead.
class ExpertSampler {
public:
    /// Pre: weights add up to less than 2^32 and more than 0; experts is a multiple of expert_groups; ids have 16 bits.
    ExpertSampler(const std::vector<std::uint32_t>& weights, int expert_groups, int groups_per_token);

    /// Fills `experts` for `count` tokens of rank `rank` from `first` on, as many for each. Any number of threads may draw.
    /// Pre: that many experts fit into groups_per_token groups.
    void draw(std::uint64_t seed, int rank, std::uint32_t first, std::uint32_t count, std::span<std::uint16_t> experts) const;

private:
    struct Taken;

    std::uint32_t expert_at(std::uint32_t word) const;
    template <bool has_groups>
    bool is_allowed(std::uint32_t expert, const Taken& taken) const;
    template <bool has_groups>
    std::uint32_t draw_from_rest(RandomWords& words, const Taken& taken) const;
    template <bool has_groups>
    void draw_token(RandomWords words, Taken& taken, std::span<std::uint16_t> experts) const;

    std::vector<std::uint32_t> weights_;
    std::vector<std::uint32_t> last_word_;        // of those that draw each expert
    std::vector<std::uint16_t> guide_;            // first expert for each value of a word's top bits
    std::vector<std::uint16_t> group_of_expert_;  // a division for each draw would cost as much as the rest of it
    int guide_shift_ = 0;
    int expert_groups_, groups_per_token_;
};

}  // namespace tokenyard
