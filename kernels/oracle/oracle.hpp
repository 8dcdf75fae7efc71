// SPDX-License-Identifier: Apache-2.0
// What each kernel must give, computed on the CPU in the plainest way that there is. Shares no arithmetic with the kernels but
// the number formats, whose tests stand apart.
#pragma once

#include "formats/number_formats.hpp"
#include "moe/gate_topk.hpp"
#include "moe/layout.hpp"
#include "moe/router_table.hpp"

#include <cstdint>
#include <vector>

namespace tokenyard::gpu::oracle {

/// Token by token: k expert ids and k weights each.
struct Choices {
    std::vector<std::int32_t> expert_ids;
    std::vector<float> weights;
};

/// As gpu::route. `weights`: how popular each expert is.
Choices route(const RouterShape& shape, const std::vector<std::uint32_t>& weights, std::uint64_t seed, int rank, int tokens);

/// As gpu::gate_topk, in double precision. `bias` is empty or has one an expert; bf16 logits come as floats.
Choices gate_topk(const GateShape& shape, const std::vector<float>& logits, const std::vector<float>& bias, int tokens);

/// What gate_topk orders by: the token's scores with their bias, or without one its logits.
std::vector<double> choice_values(const GateShape& shape, const float* logits, const std::vector<float>& bias);

/// As gpu::Layout.
struct Layout {
    std::vector<std::int32_t> copies_to_expert, copies_to_rank, copies_to_node, tokens_to_rank, tokens_to_node;
    std::vector<std::int32_t> first_row_of_expert, first_row_of_rank, first_token_row_of_rank, row_of_copy, token_row_of_copy;
};
Layout lay_out(const Placement& placement, const std::vector<std::int32_t>& expert_ids, int k, int first_expert);

struct Arrivals {
    std::vector<std::int32_t> first_row_of_expert, row_of_arrival;
};
Arrivals lay_out_arrivals(const std::vector<std::int32_t>& copies, int sources, int experts);

/// As gpu::permute; rows of `packed` that nothing names stay as they are.
void permute(const std::vector<Bf16>& tokens, const std::vector<std::int32_t>& rows, int k, int hidden,
             std::vector<Bf16>& packed);
void permute_to_fp8(const std::vector<Bf16>& tokens, const std::vector<std::int32_t>& rows, int k, int hidden,
                    std::vector<Fp8>& packed, std::vector<float>& scales);

/// Row r of `from` becomes row to[r] of `into`: unpermute, for rows of anything.
template <class Element>
void scatter_rows(const std::vector<Element>& from, const std::vector<std::int32_t>& to, int row_elements,
                  std::vector<Element>& into) {
    for (std::size_t row = 0; row < to.size(); ++row)
        for (std::size_t i = 0; i < static_cast<std::size_t>(row_elements); ++i)
            into[static_cast<std::size_t>(to[row]) * static_cast<std::size_t>(row_elements) + i] =
                from[row * static_cast<std::size_t>(row_elements) + i];
}
/// Row to[r] of `from` becomes row r of `into`.
template <class Element>
void gather_rows(const std::vector<Element>& from, const std::vector<std::int32_t>& to, int row_elements,
                 std::vector<Element>& into) {
    for (std::size_t row = 0; row < to.size(); ++row)
        for (std::size_t i = 0; i < static_cast<std::size_t>(row_elements); ++i)
            into[row * static_cast<std::size_t>(row_elements) + i] =
                from[static_cast<std::size_t>(to[row]) * static_cast<std::size_t>(row_elements) + i];
}

/// As gpu::combine, summed in double precision and not rounded; and beside it the sum of the terms' sizes, which bounds what
/// rounding can do. `weights` empty: 1.
struct Combined {
    std::vector<double> sums, sizes;
};
Combined combine(const std::vector<Bf16>& results, const std::vector<std::int32_t>& rows, const std::vector<float>& weights,
                 int k, int hidden);

}  // namespace tokenyard::gpu::oracle
