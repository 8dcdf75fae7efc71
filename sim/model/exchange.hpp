// What one phase moves: S(i,k) in bytes, and what an algorithm must know of the tokens behind it.
#pragma once

#include "model/routing.hpp"
#include "model/workload.hpp"

#include <optional>

namespace tokenyard {

enum class Direction { dispatch, combine };

/// How an algorithm wants its tokens: a row for each copy, for each distinct rank, for each distinct island; or as they
/// are, so that it sends and sums by itself.
enum class Packing { copies, ranks, islands, none };

/// The tokens behind an exchange. Counts are by source rank of the tokens, whichever way they travel.
struct ExchangedTokens {
    TokenMatrix counts;
    Message message;
    int experts_per_token = 0;
};

struct Exchange {
    Direction direction = Direction::dispatch;
    VolumeMatrix volumes;                   // by sending rank and receiving rank of this phase; a copy a token and expert
    std::optional<ExchangedTokens> tokens;  // absent when S(i,k) was given in bytes
};

}  // namespace tokenyard
