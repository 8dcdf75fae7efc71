// SPDX-License-Identifier: Apache-2.0
// Random numbers that are a function of where they are used: the same on every machine, thread and GPU.
#pragma once

#include <array>
#include <cstdint>

namespace tokenyard {

/// Philox 4x32 with 10 rounds: four random words from a counter and a key, by integer arithmetic alone.
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4.3.
/// Checked against the known answers of its authors' Random123 in tests/workload/random_test.cpp.
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::uint64_t key) {
    auto key0 = static_cast<std::uint32_t>(key), key1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(product1),
                   static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(product0)};
        key0 += 0x9E3779B9;
        key1 += 0xBB67AE85;
    }
    return counter;
}

/// What a stream of random numbers is for; streams never share a counter.
enum class Stream : std::uint32_t { experts = 0, weights = 1, popularity = 2, shuffle = 3 };

/// Words drawn one after another from the counters (index, thing, item, stream).
class RandomWords {
public:
    constexpr RandomWords(std::uint64_t seed, Stream stream, std::uint32_t thing, std::uint32_t item)
        : seed_(seed), counter_{0, thing, item, static_cast<std::uint32_t>(stream)} {}

    constexpr std::uint32_t next() {
        if (used_ == 4) {
            words_ = philox(counter_, seed_);
            ++counter_[0];
            used_ = 0;
        }
        return words_[used_++];
    }
    /// A number below `bound` from the high half of a 64-bit product; off by at most bound / 2^32.
    constexpr std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>((std::uint64_t{next()} * bound) >> 32);
    }

private:
    std::uint64_t seed_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> words_{};
    unsigned used_ = 4;
};

}  // namespace tokenyard
