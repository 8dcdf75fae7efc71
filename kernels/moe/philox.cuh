// SPDX-License-Identifier: Apache-2.0
// Random words that are a function of where they are used, as the simulator draws them.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace tokenyard::gpu {

/// Streams of one seed never share a counter; the numbers are the simulator's.
constexpr std::uint32_t stream_of_experts = 0, stream_of_weights = 1;

/// Philox 4x32 with 10 rounds, word after word, from the counters (index, rank, token, stream).
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4.3.
class RandomWords {
public:
    __device__ RandomWords(std::uint64_t seed, std::uint32_t stream, std::uint32_t rank, std::uint32_t token)
        : key0_(static_cast<std::uint32_t>(seed)),
          key1_(static_cast<std::uint32_t>(seed >> 32)),
          rank_(rank),
          token_(token),
          stream_(stream) {}

    __device__ std::uint32_t next() {
        const std::uint32_t place = used_++ & 3;
        if (place == 0) refill();
        // Selected, not indexed: an index known only at run time would put the words into local memory.
        return place < 2 ? (place == 0 ? word0_ : word1_) : (place == 2 ? word2_ : word3_);
    }

private:
    __device__ void refill() {
        std::uint32_t c0 = used_ >> 2, c1 = rank_, c2 = token_, c3 = stream_, key0 = key0_, key1 = key1_;
#pragma unroll
        for (int round = 0; round < 10; ++round) {
            const std::uint64_t product0 = std::uint64_t{0xD2511F53} * c0, product1 = std::uint64_t{0xCD9E8D57} * c2;
            c0 = static_cast<std::uint32_t>(product1 >> 32) ^ c1 ^ key0;
            c2 = static_cast<std::uint32_t>(product0 >> 32) ^ c3 ^ key1;
            c1 = static_cast<std::uint32_t>(product1);
            c3 = static_cast<std::uint32_t>(product0);
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }
        word0_ = c0;
        word1_ = c1;
        word2_ = c2;
        word3_ = c3;
    }

    std::uint32_t key0_, key1_, rank_, token_, stream_;
    std::uint32_t word0_ = 0, word1_ = 0, word2_ = 0, word3_ = 0, used_ = 0;
};

}  // namespace tokenyard::gpu
