// Draws the experts of one token.
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
    /// Pre: weights add up to less than 2^32 and more than 0; experts is a multiple of expert_groups.
    ExpertSampler(const std::vector<std::uint32_t>& weights, int expert_groups, int groups_per_token);

    /// Fills `experts` for token `token` of rank `rank`. Pre: that many experts fit into groups_per_token groups.
    void draw(std::uint64_t seed, int rank, std::uint32_t token, std::span<std::uint16_t> experts);

private:
    std::uint32_t expert_at(std::uint32_t word) const;
    std::uint32_t draw_from_rest(RandomWords& words) const;
    bool is_allowed(std::uint32_t expert) const;
    void take(std::uint32_t expert);

    std::vector<std::uint32_t> weights_;
    std::vector<std::uint64_t> thresholds_;  // expert e is drawn by words in [thresholds[e], thresholds[e + 1])
    std::vector<std::uint32_t> guide_;       // first expert for each value of a word's top bits
    std::uint32_t group_size_;
    int groups_per_token_;
    std::uint64_t draw_ = 0;  // stamps of this draw tell what is taken without clearing anything
    std::vector<std::uint64_t> taken_at_, group_at_;
    int groups_taken_ = 0;
};

}  // namespace tokenyard
