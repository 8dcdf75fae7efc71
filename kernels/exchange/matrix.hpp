// SPDX-License-Identifier: Apache-2.0
// S(i,k) in bytes: from a file, or made after a pattern.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard::gpu {

/// Row: source rank; column: destination rank.
using ByteMatrix = std::vector<std::vector<std::size_t>>;

/// Square, numbers separated by blanks or commas, a row a line, `#` starts a comment: as nccl-tests' alltoallv_perf and
/// `tokenyard predict --matrix` read it. `name` is for messages. Throws std::invalid_argument, "name:line:column: error: found X;
/// expected Y".
ByteMatrix matrix_from_text(const std::string& text, const std::string& name);

enum class Pattern { uniform, skewed, fan_out, fan_in, pair, self };

struct PatternShape {
    Pattern pattern = Pattern::uniform;
    int from = 0, to = 0;  // of `pair`; the rank of `fan_out`, `fan_in` is `from`
};

/// `bytes` is what one message has:
///   uniform: every rank to every rank, itself included;  skewed: rank k receives from each bytes x 2 (k + 1) / (n + 1), to the
///   byte below, so that the mean stays and the last receives about twice as much;  fan_out: `from` to all others;  fan_in: all
///   others to `from`; pair: `from` to `to`;  self: every rank to itself
ByteMatrix matrix_of(const PatternShape& shape, int ranks, std::size_t bytes);

std::string name_of(Pattern pattern);
/// Throws std::invalid_argument, "found X; expected ...".
Pattern pattern_named(const std::string& name);

/// Bytes that the busiest rank sends or receives, itself included: what alltoallv_perf calls the size.
std::size_t largest_load(const ByteMatrix& matrix);

ByteMatrix transposed(const ByteMatrix& matrix);

}  // namespace tokenyard::gpu
