// SPDX-License-Identifier: Apache-2.0
// Bytes that know where they belong: what a matrix exchange sends, and the check of what has arrived.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace tokenyard::gpu {

/// Byte p of the stream is a function of (key, p): any shift, swap or stale byte shows with a probability of 255/256 each.
void fill_bytes(std::uint8_t* memory, std::size_t count, std::uint64_t key, cudaStream_t stream);

/// Adds the number of bytes that are not what fill_bytes(key) writes to *wrong (device; stays at 2^31 - 1 at most, because pieces
/// of 2^30 bytes have a counter each: wrong[0 ... pieces_of(count) - 1]).
void count_wrong_bytes(const std::uint8_t* memory, std::size_t count, std::uint64_t key, int* wrong, cudaStream_t stream);
constexpr std::size_t bytes_per_piece = std::size_t{1} << 30;
constexpr std::size_t pieces_of(std::size_t count) { return (count + bytes_per_piece - 1) / bytes_per_piece; }

/// The key of what rank `source` sends to rank `destination` in a round.
constexpr std::uint64_t key_of(int source, int destination, std::uint64_t round) {
    return (round * 65536 + static_cast<std::uint64_t>(source)) * 65536 + static_cast<std::uint64_t>(destination);
}

}  // namespace tokenyard::gpu
