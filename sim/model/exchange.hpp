// SPDX-License-Identifier: Apache-2.0
// What one phase moves: S(i,k) in bytes, and what an algorithm must know of the tokens behind it.
#pragma once

#include "model/routing.hpp"
#include "model/workload.hpp"

#include <optional>
#include <string_view>

namespace tokenyard {

enum class Direction { dispatch, combine };

/// What a token is sent once to: each of its experts, each rank that has some of them, each island (what NVLink joins) of those.
enum class Granularity { expert, rank, island };

/// "expert", "rank", "node": what tables call it.
std::string_view name_of(Granularity granularity);

/// Who puts tokens in order: kernels before and behind the exchange; the exchange reads and leaves them where they are, and only
/// a cast is apart; or the exchange casts them and puts them in the order of experts on the way.
enum class Packing { apart, in_place, fused };

/// The tokens behind an exchange. Counts are by source rank of the tokens, whichever way they travel.
struct ExchangedTokens {
    TokenMatrix counts;
    Message message;
    int experts_per_token = 0, experts = 0;
};

struct Exchange {
    Direction direction = Direction::dispatch;
    VolumeMatrix volumes;                   // by sending rank and receiving rank of this phase; a copy a token and expert
    std::optional<ExchangedTokens> tokens;  // absent when S(i,k) was given in bytes
};

}  // namespace tokenyard
