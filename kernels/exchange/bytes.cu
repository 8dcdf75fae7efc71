// SPDX-License-Identifier: Apache-2.0
#include "exchange/bytes.hpp"

#include "cuda/launch.hpp"

namespace tokenyard::gpu {
namespace {

constexpr unsigned threads = 256;
constexpr unsigned bytes_per_thread = 16;  // a line of 512 bytes a warp

/// The finaliser of SplitMix64 (S. Vigna, public domain): every bit of the key and the place moves every bit of the result.
__device__ std::uint64_t mixed(std::uint64_t bits) {
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9ull;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EBull;
    return bits ^ bits >> 31;
}
__device__ std::uint64_t word_at(std::uint64_t seed, std::size_t word) { return mixed(seed + word * 0x9E3779B97F4A7C15ull); }
__device__ std::uint8_t byte_at(std::uint64_t seed, std::size_t at) {
    return static_cast<std::uint8_t>(word_at(seed, at / 8) >> at % 8 * 8);
}

__global__ void __launch_bounds__(threads) fill(std::uint8_t* memory, std::size_t count, std::uint64_t seed) {
    const std::size_t first = (std::size_t{blockIdx.x} * threads + threadIdx.x) * bytes_per_thread;
    for (std::size_t at = first; at < first + bytes_per_thread && at < count; ++at) memory[at] = byte_at(seed, at);
}

__global__ void __launch_bounds__(threads)
    count_wrong(const std::uint8_t* memory, std::size_t start, std::size_t count, std::uint64_t seed, int* wrong) {
    const std::size_t first = (std::size_t{blockIdx.x} * threads + threadIdx.x) * bytes_per_thread;
    int found = 0;
    for (std::size_t at = first; at < first + bytes_per_thread && at < count; ++at)
        found += memory[start + at] != byte_at(seed, start + at);
    if (found > 0) atomicAdd(wrong, found);
}

/// Keys that differ by 1 must not give the same words one place further.
std::uint64_t seed_of(std::uint64_t key) { return (key ^ key >> 29) * 0xD6E8FEB86659FD93ull + 0x2545F4914F6CDD1Dull; }

}  // namespace

void fill_bytes(std::uint8_t* memory, std::size_t count, std::uint64_t key, cudaStream_t stream) {
    launch(fill, {blocks_of<std::size_t>(count, threads * bytes_per_thread), threads}, stream, memory, count, seed_of(key));
}

void count_wrong_bytes(const std::uint8_t* memory, std::size_t count, std::uint64_t key, int* wrong, cudaStream_t stream) {
    for (std::size_t piece = 0; piece < pieces_of(count); ++piece) {
        const std::size_t start = piece * bytes_per_piece,
                          size = count - start < bytes_per_piece ? count - start : bytes_per_piece;
        launch(count_wrong, {blocks_of<std::size_t>(size, threads * bytes_per_thread), threads}, stream, memory, start, size,
               seed_of(key), wrong + piece);
    }
}

}  // namespace tokenyard::gpu
