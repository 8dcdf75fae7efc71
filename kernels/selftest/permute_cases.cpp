// SPDX-License-Identifier: Apache-2.0
#include "moe/permute.hpp"
#include "oracle/oracle.hpp"
#include "selftest/trial.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace tokenyard::gpu {
namespace {

/// Tokens go to rows by the oracle's layout: every copy, or once a rank.
struct Plan {
    int tokens, k, hidden;
    double dropped;
    bool is_unique;
};

std::vector<std::int32_t> rows_for(Trial& trial, const Plan& plan) {
    const Placement placement = contiguous_placement(64, 8, 4);
    const oracle::Layout layout = oracle::lay_out(placement, trial.expert_ids(plan.tokens, plan.k, 64, plan.dropped), plan.k, 0);
    return plan.is_unique ? layout.token_row_of_copy : layout.row_of_copy;
}

std::size_t elements(int rows, int width) { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(width); }

/// Each row's codes and then its scales, as they travel.
std::vector<Fp8> as_packed(const std::vector<Fp8>& codes, const std::vector<float>& scales, int hidden) {
    const auto width = static_cast<std::size_t>(hidden), blocks = static_cast<std::size_t>(scales_for(hidden));
    const std::size_t row_bytes = fp8_row_bytes(hidden);
    std::vector<Fp8> packed(codes.size() / width * row_bytes);
    for (std::size_t row = 0; row * width < codes.size(); ++row) {
        std::copy_n(codes.begin() + static_cast<std::ptrdiff_t>(row * width), hidden,
                    packed.begin() + static_cast<std::ptrdiff_t>(row * row_bytes));
        std::memcpy(packed.data() + row * row_bytes + width, scales.data() + row * blocks, blocks * sizeof(float));
    }
    return packed;
}

void compare(Trial& trial, const Plan& plan) {
    const std::vector<std::int32_t> rows = rows_for(trial, plan);
    const std::vector<Bf16> tokens = trial.bf16_normals(elements(plan.tokens, plan.hidden));
    const int packed_rows = plan.tokens * plan.k + 1;  // more than are named: the last ones must stay as they are
    const DeviceArray<Bf16> tokens_on_device(tokens);
    const DeviceArray<std::int32_t> rows_on_device(rows);
    Guarded<Bf16> packed(elements(packed_rows, plan.hidden));
    permute(tokens_on_device.get(), rows_on_device.get(), plan.tokens, plan.k, plan.hidden, packed.get(), trial.stream());
    std::vector<Bf16> expected = poisoned<Bf16>(elements(packed_rows, plan.hidden));
    oracle::permute(tokens, rows, plan.k, plan.hidden, expected);
    trial.equal("bf16 rows", packed.read(), expected);

    Guarded<Fp8> cast(elements(packed_rows, plan.hidden));
    Guarded<float> scales(elements(packed_rows, scales_for(plan.hidden)));
    permute_to_fp8(tokens_on_device.get(), rows_on_device.get(), plan.tokens, plan.k, plan.hidden,
                   Fp8Rows::apart(cast.get(), scales.get(), plan.hidden), trial.stream());
    Guarded<Fp8> message(static_cast<std::size_t>(packed_rows) * fp8_row_bytes(plan.hidden));
    permute_to_fp8(tokens_on_device.get(), rows_on_device.get(), plan.tokens, plan.k, plan.hidden,
                   Fp8Rows::packed(message.get(), plan.hidden), trial.stream());
    std::vector<Fp8> expected_cast = poisoned<Fp8>(elements(packed_rows, plan.hidden));
    std::vector<float> expected_scales = poisoned<float>(elements(packed_rows, scales_for(plan.hidden)));
    oracle::permute_to_fp8(tokens, rows, plan.k, plan.hidden, expected_cast, expected_scales);
    trial.equal("fp8 rows", cast.read(), expected_cast);
    trial.equal("scales", scales.read(), expected_scales);
    trial.equal("fp8 rows with their scales", message.read(), as_packed(expected_cast, expected_scales, plan.hidden));
}

/// Blocks of zeros, of the least numbers and of the largest.
void compare_extremes(Trial& trial) {
    const int hidden = 4 * scale_block;
    std::vector<Bf16> tokens;
    for (const float size : {0.0f, 1e-40f, 1e-30f, 3e38f})
        for (int i = 0; i < scale_block; ++i) tokens.push_back(as_bf16(size * static_cast<float>(i - 64) / 64.0f));
    const std::vector<std::int32_t> rows{0};
    const DeviceArray<Bf16> tokens_on_device(tokens);
    const DeviceArray<std::int32_t> rows_on_device(rows);
    Guarded<Fp8> cast(tokens.size());
    Guarded<float> scales(4);
    permute_to_fp8(tokens_on_device.get(), rows_on_device.get(), 1, 1, hidden, Fp8Rows::apart(cast.get(), scales.get(), hidden),
                   trial.stream());
    std::vector<Fp8> expected(tokens.size());
    std::vector<float> expected_scales(4);
    oracle::permute_to_fp8(tokens, rows, 1, hidden, expected, expected_scales);
    trial.equal("fp8 rows", cast.read(), expected);
    trial.equal("scales", scales.read(), expected_scales);
}

std::vector<std::int32_t> shuffled_rows(Trial& trial, int rows) {
    std::vector<std::int32_t> order(static_cast<std::size_t>(rows));
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), trial.random());
    return order;
}

void compare_unpermute(Trial& trial, int rows, int hidden) {
    const std::vector<std::int32_t> to = shuffled_rows(trial, rows);
    const std::vector<Bf16> arrived = trial.bf16_normals(elements(rows, hidden));
    const DeviceArray<Bf16> arrived_on_device(arrived);
    const DeviceArray<std::int32_t> to_on_device(to);
    Guarded<Bf16> ordered(arrived.size()), returning(arrived.size());
    unpermute(arrived_on_device.get(), to_on_device.get(), rows, hidden, ordered.get(), trial.stream());
    restore_arrival_order(ordered.get(), to_on_device.get(), rows, hidden, returning.get(), trial.stream());
    std::vector<Bf16> expected(arrived.size());
    oracle::scatter_rows(arrived, to, hidden, expected);
    trial.equal("bf16 rows", ordered.read(), expected);
    trial.equal("rows restored", returning.read(), arrived);

    std::vector<Fp8> codes(elements(rows, hidden));
    for (Fp8& code : codes) code.bits = static_cast<std::uint8_t>(trial.below(256));
    const std::vector<float> scales = trial.normals(elements(rows, scales_for(hidden)));
    DeviceArray<Fp8> message(as_packed(codes, scales, hidden));
    Guarded<Fp8> ordered_codes(codes.size()), reordered(message.size());
    Guarded<float> ordered_scales(scales.size());
    const Fp8Rows arrived_rows = Fp8Rows::packed(message.get(), hidden),
                  ordered_rows = Fp8Rows::apart(ordered_codes.get(), ordered_scales.get(), hidden);
    unpermute_fp8(arrived_rows, to_on_device.get(), rows, hidden, ordered_rows, trial.stream());
    unpermute_fp8(arrived_rows, to_on_device.get(), rows, hidden, Fp8Rows::packed(reordered.get(), hidden), trial.stream());
    std::vector<Fp8> expected_codes(codes.size());
    std::vector<float> expected_scales(scales.size());
    oracle::scatter_rows(codes, to, hidden, expected_codes);
    oracle::scatter_rows(scales, to, scales_for(hidden), expected_scales);
    trial.equal("fp8 rows", ordered_codes.read(), expected_codes);
    trial.equal("scales", ordered_scales.read(), expected_scales);
    trial.equal("fp8 rows with their scales", reordered.read(), as_packed(expected_codes, expected_scales, hidden));
}

}  // namespace

std::vector<Case> permute_cases() {
    std::vector<Case> cases;
    const auto add = [&](const char* name, Plan plan, bool is_large = false) {
        cases.push_back({"permute", name, is_large, [=](Trial& trial) { compare(trial, plan); }});
    };
    add("8 copies, hidden 7168", {6, 8, 7168, 0, false});
    add("8 copies, hidden 7168, 2000 tokens", {2000, 8, 7168, 0.02, false}, true);
    add("once a rank, hidden 2880", {9, 8, 2880, 0, true});
    add("once a rank, a third dropped", {40, 6, 256, 0.33, true});
    add("hidden 1000: no whole blocks", {20, 4, 1000, 0.1, false});
    add("hidden 132: 8-byte rows", {20, 4, 132, 0.1, false});
    add("hidden 130: 4-byte rows", {20, 4, 130, 0.1, false});
    add("hidden 129: 2-byte rows", {20, 4, 129, 0.1, false});
    add("hidden 1", {20, 4, 1, 0.1, false});
    add("1 copy, 1 token", {1, 1, 512, 0, false});
    add("32 copies", {5, 32, 384, 0.1, false});
    add("all dropped", {10, 4, 256, 1, false});
    add("no tokens", {0, 8, 7168, 0, false});
    cases.push_back({"permute", "zeros, least and largest numbers", false, compare_extremes});
    for (const auto& [rows, hidden] :
         {std::pair{20, 7168}, {3, 16520}, {33, 1000}, {33, 132}, {33, 130}, {33, 129}, {33, 1}, {1, 128}, {0, 128}})
        cases.push_back({"unpermute", std::to_string(rows) + " rows, hidden " + std::to_string(hidden), false,
                         [rows = rows, hidden = hidden](Trial& trial) { compare_unpermute(trial, rows, hidden); }});
    cases.push_back({"unpermute", "10000 rows, hidden 7168", true, [](Trial& trial) { compare_unpermute(trial, 10000, 7168); }});
    return cases;
}

}  // namespace tokenyard::gpu
