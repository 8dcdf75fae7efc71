// SPDX-License-Identifier: Apache-2.0
// Moves tokens' rows: into the send buffer, on arrival into the experts' order, and back.
#pragma once

#include "formats/number_formats.hpp"

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace tokenyard::gpu {

constexpr int scale_block = 128;  // elements that share a scale, as DeepSeek-V3 sends them (arXiv 2412.19437, section 3.3)

/// Scales of a row: the last block may be shorter.
constexpr int scales_for(int hidden) { return (hidden + scale_block - 1) / scale_block; }
/// A row as it travels: its codes, and its scales behind them.
constexpr std::size_t fp8_row_bytes(int hidden) {
    return static_cast<std::size_t>(hidden) + sizeof(float) * static_cast<std::size_t>(scales_for(hidden));
}

/// Where rows in fp8 lie: codes of row r from codes + r x code_stride on, its scales from scales + r x scale_stride on (bytes).
/// Scales may lie at any address.
struct Fp8Rows {
    Fp8* codes;
    std::uint8_t* scales;
    std::size_t code_stride, scale_stride;

    /// Codes without gaps, and all scales elsewhere, as matrix multiplications take them.
    static Fp8Rows apart(Fp8* codes, float* scales, int hidden) {
        return {codes, reinterpret_cast<std::uint8_t*>(scales), static_cast<std::size_t>(hidden),
                sizeof(float) * static_cast<std::size_t>(scales_for(hidden))};
    }
    /// Scales of each row behind its codes, so that a peer's rows are one message: rows x fp8_row_bytes(hidden). Fastest where
    /// hidden is a multiple of 4 blocks, because only then all rows begin at multiples of 16 bytes.
    static Fp8Rows packed(void* start, int hidden) {
        const auto first = static_cast<std::uint8_t*>(start);
        return {reinterpret_cast<Fp8*>(first), first ? first + hidden : nullptr, fp8_row_bytes(hidden), fp8_row_bytes(hidden)};
    }
};

/// Packs tokens: row t of `tokens` (tokens x hidden) is read once and written to every row of `packed` that `rows` (tokens x k)
/// names for it; -1 names none. With Layout::row_of_copy that is a row for each copy, with Layout::token_row_of_copy one a rank.
/// All device memory. Asynchronous on `stream`, one launch; none for 0 tokens. Rows that nothing names are left as they are.
/// Fastest where rows are multiples of 16 bytes; any hidden works. Throws std::invalid_argument unless hidden > 0, 1 <= k <= 32.
void permute(const Bf16* tokens, const std::int32_t* rows, int token_count, int k, int hidden, Bf16* packed, cudaStream_t stream);

/// The same, cast to fp8 with a scale for each block of up to 128 elements of a row:
///   scale = max(largest |x| / 448, 2^-126);  q = fp8(x x (1 / scale)), every operation rounded to fp32;  x ~ q x scale
/// The lower bound keeps 1 / scale finite and gives a block of zeros zeros. Pre: elements are finite.
void permute_to_fp8(const Bf16* tokens, const std::int32_t* rows, int token_count, int k, int hidden, const Fp8Rows& packed,
                    cudaStream_t stream);

/// Puts what arrived in the experts' order: row r of `arrived` becomes row row_of_arrival[r] of `ordered`.
void unpermute(const Bf16* arrived, const std::int32_t* row_of_arrival, int rows, int hidden, Bf16* ordered, cudaStream_t stream);
void unpermute_fp8(const Fp8Rows& arrived, const std::int32_t* row_of_arrival, int rows, int hidden, const Fp8Rows& ordered,
                   cudaStream_t stream);

/// The way back: row row_of_arrival[r] of `ordered` becomes row r of `returning`, which goes to where row r came from.
void restore_arrival_order(const Bf16* ordered, const std::int32_t* row_of_arrival, int rows, int hidden, Bf16* returning,
                           cudaStream_t stream);

}  // namespace tokenyard::gpu
