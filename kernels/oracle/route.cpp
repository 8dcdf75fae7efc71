// SPDX-License-Identifier: Apache-2.0
#include "oracle/oracle.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

namespace tokenyard::gpu::oracle {
namespace {

using Words = std::array<std::uint32_t, 4>;

Words philox(Words counter, std::uint64_t key) {
    auto low = static_cast<std::uint32_t>(key), high = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round, low += 0x9E3779B9, high += 0xBB67AE85) {
        const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0], second = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ low, static_cast<std::uint32_t>(second),
                   static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ high, static_cast<std::uint32_t>(first)};
    }
    return counter;
}

/// The n-th word of a token's stream (0: experts, 1: weights).
struct Stream {
    std::uint64_t seed;
    std::uint32_t kind, rank, token, used = 0;

    std::uint32_t next() {
        const std::uint32_t n = used++;
        return philox({n / 4, rank, token, kind}, seed)[n % 4];
    }
};

class Drawing {
public:
    Drawing(const RouterShape& shape, const std::vector<std::uint32_t>& weights) : shape_(shape), weights_(weights) {
        const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
        std::uint64_t sum = 0;
        for (const std::uint32_t weight : weights) {
            begins_.push_back((sum << 32) / total);
            sum += weight;
        }
    }

    std::vector<std::int32_t> experts(Stream words) {
        std::vector<std::int32_t> taken;
        while (taken.size() < static_cast<std::size_t>(shape_.experts_per_token)) taken.push_back(next(taken, words));
        return taken;
    }

private:
    int group_of(int expert) const { return expert / (shape_.experts / shape_.expert_groups); }

    std::vector<int> allowed(const std::vector<std::int32_t>& taken) const {
        std::set<int> groups;
        for (const int expert : taken) groups.insert(group_of(expert));
        std::vector<int> experts;
        for (int expert = 0; expert < shape_.experts; ++expert) {
            const bool is_taken = std::find(taken.begin(), taken.end(), expert) != taken.end();
            const bool is_open =
                groups.size() < static_cast<std::size_t>(shape_.groups_per_token) || groups.count(group_of(expert));
            if (!is_taken && is_open) experts.push_back(expert);
        }
        return experts;
    }

    /// The last expert whose share of the words begins at or before the word.
    int expert_at(std::uint32_t word) const {
        return static_cast<int>(std::upper_bound(begins_.begin(), begins_.end(), std::uint64_t{word}) - begins_.begin()) - 1;
    }

    int next(const std::vector<std::int32_t>& taken, Stream& words) const {
        const std::vector<int> experts = allowed(taken);
        for (int tries = 0; tries < 64; ++tries) {
            const int expert = expert_at(words.next());
            if (std::binary_search(experts.begin(), experts.end(), expert)) return expert;
        }
        std::uint64_t rest = 0;
        for (const int expert : experts) rest += weights_[static_cast<std::size_t>(expert)];
        if (rest == 0) return experts.front();
        std::uint64_t left = words.next() * rest >> 32;
        for (const int expert : experts) {
            const std::uint32_t weight = weights_[static_cast<std::size_t>(expert)];
            if (left < weight) return expert;
            left -= weight;
        }
        return experts.back();
    }

    RouterShape shape_;
    std::vector<std::uint32_t> weights_;
    std::vector<std::uint64_t> begins_;
};

}  // namespace

Choices route(const RouterShape& shape, const std::vector<std::uint32_t>& weights, std::uint64_t seed, int rank, int tokens) {
    Drawing drawing(shape, weights);
    Choices choices;
    for (int token = 0; token < tokens; ++token) {
        const auto thing = static_cast<std::uint32_t>(rank), item = static_cast<std::uint32_t>(token);
        const std::vector<std::int32_t> experts = drawing.experts({seed, 0, thing, item});
        choices.expert_ids.insert(choices.expert_ids.end(), experts.begin(), experts.end());
        Stream words{seed, 1, thing, item};
        std::vector<float> sizes(experts.size());
        for (float& size : sizes) size = static_cast<float>((words.next() >> 8) + 1);
        float sum = 0;
        for (const float size : sizes) sum += size;
        for (const float size : sizes) choices.weights.push_back(size / sum);
    }
    return choices;
}

}  // namespace tokenyard::gpu::oracle
