// SPDX-License-Identifier: Apache-2.0
#include "moe/permute.hpp"
#include "oracle/oracle.hpp"

#include <algorithm>
#include <cmath>

namespace tokenyard::gpu::oracle {

void permute(const std::vector<Bf16>& tokens, const std::vector<std::int32_t>& rows, int k, int hidden,
             std::vector<Bf16>& packed) {
    const auto width = static_cast<std::size_t>(hidden);
    for (std::size_t copy = 0; copy < rows.size(); ++copy) {
        if (rows[copy] < 0) continue;
        const std::size_t token = copy / static_cast<std::size_t>(k), row = static_cast<std::size_t>(rows[copy]);
        for (std::size_t i = 0; i < width; ++i) packed[row * width + i] = tokens[token * width + i];
    }
}

void permute_to_fp8(const std::vector<Bf16>& tokens, const std::vector<std::int32_t>& rows, int k, int hidden,
                    std::vector<Fp8>& packed, std::vector<float>& scales) {
    const auto width = static_cast<std::size_t>(hidden);
    const std::size_t block = 128, blocks = (width + block - 1) / block;
    for (std::size_t copy = 0; copy < rows.size(); ++copy) {
        if (rows[copy] < 0) continue;
        const std::size_t token = copy / static_cast<std::size_t>(k), row = static_cast<std::size_t>(rows[copy]);
        for (std::size_t start = 0; start < width; start += block) {
            const std::size_t end = std::min(start + block, width);
            float largest = 0;
            for (std::size_t i = start; i < end; ++i) largest = std::max(largest, std::abs(as_float(tokens[token * width + i])));
            const float scale = std::max(largest / 448.0f, std::ldexp(1.0f, -126)), inverse = 1.0f / scale;
            scales[row * blocks + start / block] = scale;
            for (std::size_t i = start; i < end; ++i)
                packed[row * width + i] = as_fp8(as_float(tokens[token * width + i]) * inverse);
        }
    }
}

Combined combine(const std::vector<Bf16>& results, const std::vector<std::int32_t>& rows, const std::vector<float>& weights,
                 int k, int hidden) {
    const auto width = static_cast<std::size_t>(hidden), copies = static_cast<std::size_t>(k);
    Combined combined{std::vector<double>(rows.size() / copies * width), std::vector<double>(rows.size() / copies * width)};
    for (std::size_t copy = 0; copy < rows.size(); ++copy) {
        if (rows[copy] < 0) continue;
        const double weight = weights.empty() ? 1.0 : static_cast<double>(weights[copy]);
        for (std::size_t i = 0; i < width; ++i) {
            const double term = weight * static_cast<double>(as_float(results[static_cast<std::size_t>(rows[copy]) * width + i]));
            combined.sums[copy / copies * width + i] += term;
            combined.sizes[copy / copies * width + i] += std::abs(term);
        }
    }
    return combined;
}

}  // namespace tokenyard::gpu::oracle
