// SPDX-License-Identifier: Apache-2.0
// Tokens are counted, and later placed, in tiles of consecutive ones: a block each.
#pragma once

#include <algorithm>
#include <cstddef>

namespace tokenyard::gpu {

constexpr int least_tokens_per_tile = 16;  // 128 copies at top-8: four steps of a warp
constexpr int most_tiles = 1024;           // what a warp scans in 32 steps

inline int tokens_per_tile(int tokens) { return std::max(least_tokens_per_tile, (tokens + most_tiles - 1) / most_tiles); }

/// At least one, which writes the zeros of no tokens.
inline int tiles_of(int tokens) { return std::max(1, (tokens + tokens_per_tile(tokens) - 1) / tokens_per_tile(tokens)); }

/// Of any number of tokens up to `most_tokens`.
inline std::size_t most_tiles_for(int most_tokens) {
    return static_cast<std::size_t>(std::clamp((most_tokens + least_tokens_per_tile - 1) / least_tokens_per_tile, 1, most_tiles));
}

}  // namespace tokenyard::gpu
