// SPDX-License-Identifier: Apache-2.0
// What the kernels are held to is itself held to cases that can be worked out by hand.
#include "oracle/oracle.hpp"
#include "moe/permute.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <numeric>
#include <set>

namespace tokenyard::gpu {
namespace {

using Numbers = std::vector<std::int32_t>;

std::vector<Bf16> bf16(std::initializer_list<float> values) {
    std::vector<Bf16> result;
    for (const float value : values) result.push_back(as_bf16(value));
    return result;
}

std::vector<float> floats(const std::vector<Bf16>& values) {
    std::vector<float> result;
    for (const Bf16 value : values) result.push_back(as_float(value));
    return result;
}

}  // namespace

// Experts 0 1 | 2 3 on ranks 0 | 1 of node 0, experts 4 5 on rank 2 of node 1. Three tokens of two copies:
//   token 0: 3 0    token 1: 2 3 (rank 1 twice)    token 2: 5 -1
// Rows by (rank, expert, token): 0 of token 0, 2 of 1, 3 of 0, 3 of 1, 5 of 2. Once a rank: 0 of 0, 1 of 0, 1 of 1, 2 of 2.
TEST_CASE("the oracle's layout sorts copies by rank, expert and token", "[kernels]") {
    const oracle::Layout layout = oracle::lay_out({{0, 2, 4, 6}, {0, 0, 1}}, {3, 0, 2, 3, 5, -1}, 2, 0);
    CHECK(layout.copies_to_expert == Numbers{1, 0, 1, 2, 0, 1});
    CHECK(layout.copies_to_rank == Numbers{1, 3, 1});
    CHECK(layout.copies_to_node == Numbers{4, 1});
    CHECK(layout.tokens_to_rank == Numbers{1, 2, 1});
    CHECK(layout.tokens_to_node == Numbers{2, 1});
    CHECK(layout.first_row_of_expert == Numbers{0, 1, 1, 2, 4, 4, 5});
    CHECK(layout.first_row_of_rank == Numbers{0, 1, 4, 5});
    CHECK(layout.first_token_row_of_rank == Numbers{0, 1, 3, 4});
    CHECK(layout.row_of_copy == Numbers{2, 0, 1, 3, 4, -1});
    CHECK(layout.token_row_of_copy == Numbers{1, 0, 2, -1, 3, -1});
}

// Two sources, two experts: source 0 sends 1 and 2 rows, source 1 sends 3 and 0. Arrivals: a | b b | c c c; by expert: a c c c |
// b b.
TEST_CASE("the oracle's arrivals go by expert, then by source", "[kernels]") {
    const oracle::Arrivals arrivals = oracle::lay_out_arrivals({1, 2, 3, 0}, 2, 2);
    CHECK(arrivals.first_row_of_expert == Numbers{0, 4, 6});
    CHECK(arrivals.row_of_arrival == Numbers{0, 4, 5, 1, 2, 3});
}

TEST_CASE("the oracle's copies are as many as the tokens make, each with a row of its own", "[kernels]") {
    const RouterShape shape{64, 6, 8, 3};
    const oracle::Choices choices = oracle::route(shape, uniform_weights(64), 9, 2, 100);
    const oracle::Layout layout = oracle::lay_out(contiguous_placement(64, 16, 4), choices.expert_ids, 6, 0);
    for (const Numbers& counts : {layout.copies_to_expert, layout.copies_to_rank, layout.copies_to_node})
        CHECK(std::accumulate(counts.begin(), counts.end(), 0) == 600);
    const std::set<std::int32_t> rows(layout.row_of_copy.begin(), layout.row_of_copy.end());
    CHECK(rows.size() == 600);
    CHECK(*rows.begin() == 0);
    CHECK(*rows.rbegin() == 599);
    for (std::size_t token = 0; token < 100; ++token) {
        std::set<int> experts, groups;
        for (std::size_t copy = 6 * token; copy < 6 * token + 6; ++copy) {
            experts.insert(choices.expert_ids[copy]);
            groups.insert(choices.expert_ids[copy] / 8);
        }
        CHECK(experts.size() == 6);
        CHECK(groups.size() <= 3);
    }
}

// Logits 0 and ln 3: softmax 1/4 and 3/4. The bias of 1 chooses expert 0, and does not weigh.
TEST_CASE("the oracle's gate weighs by scores and chooses by scores and bias", "[kernels]") {
    const std::vector<float> logits{0, std::log(3.0f)};
    const GateShape shape{{2, 1, 1, 1}, Scores::softmax, false, 2};
    const oracle::Choices plain = oracle::gate_topk(shape, logits, {}, 1), biased = oracle::gate_topk(shape, logits, {1, 0}, 1);
    CHECK(plain.expert_ids == Numbers{1});
    CHECK(plain.weights[0] == Approx(1.5));
    CHECK(biased.expert_ids == Numbers{0});
    CHECK(biased.weights[0] == Approx(0.5));
}

// Groups {5, 1} {4, 4} {3, 6}: the best two are the last (6) and the first (5); of their experts 6, 5 and 3 are best.
TEST_CASE("the oracle's gate keeps to the groups with the best experts, lower ids first", "[kernels]") {
    const GateShape shape{{6, 3, 3, 2}, Scores::sigmoid, true, 1};
    CHECK(oracle::gate_topk(shape, {5, 1, 4, 4, 3, 6}, {}, 1).expert_ids == Numbers{5, 0, 4});
    CHECK(oracle::gate_topk({{4, 2, 1, 1}, Scores::sigmoid, true, 1}, {1, 2, 2, 2}, {}, 1).expert_ids == Numbers{1, 2});
}

TEST_CASE("the oracle's combine adds weighted rows and leaves out dropped ones", "[kernels]") {
    const std::vector<Bf16> results = bf16({1, 2, 3, 4, 5, 6});
    const oracle::Combined combined = oracle::combine(results, {2, 0, 1, -1}, {0.5f, -2, 1, 9}, 2, 2);
    CHECK(combined.sums == std::vector<double>{0.5, -1, 3, 4});
    CHECK(combined.sizes == std::vector<double>{4.5, 7, 3, 4});
}

TEST_CASE("the oracle's tokens come back times the sum of their weights", "[kernels]") {
    const std::vector<Bf16> tokens = bf16({1, -2, 0.5f, 4});
    const Numbers rows{2, 0, 1, 3};
    std::vector<Bf16> packed(8), ordered(8), returned(8);
    oracle::permute(tokens, rows, 2, 2, packed);
    CHECK(floats(packed) == std::vector<float>{1, -2, 0.5f, 4, 1, -2, 0.5f, 4});
    const Numbers arrivals = oracle::lay_out_arrivals({2, 1, 0, 1}, 2, 2).row_of_arrival;
    oracle::scatter_rows(packed, arrivals, 2, ordered);
    oracle::gather_rows(ordered, arrivals, 2, returned);
    CHECK(floats(returned) == floats(packed));
    CHECK(oracle::combine(returned, rows, {0.25f, 0.5f, 2, 1}, 2, 2).sums == std::vector<double>{0.75, -1.5, 1.5, 12});
}

// 896 / 448 = 2 is the scale; 896 -> 448, 2 -> 1, -3 -> -1.5. The last block has two elements and a scale of its own.
TEST_CASE("the oracle's fp8 has a scale for each block, the last one shorter", "[kernels]") {
    std::vector<Bf16> token(130, as_bf16(2));
    token[0] = as_bf16(896);
    token[1] = as_bf16(-3);
    token[128] = token[129] = as_bf16(448);
    std::vector<Fp8> packed(130);
    std::vector<float> scales(2);
    oracle::permute_to_fp8(token, {0}, 1, 130, packed, scales);
    CHECK(scales == std::vector<float>{2, 1});
    CHECK(as_float(packed[0]) == 448);
    CHECK(as_float(packed[1]) == -1.5f);
    CHECK(as_float(packed[2]) == 1);
    CHECK(as_float(packed[129]) == 448);
}

TEST_CASE("rows of zeros become zeros with a scale that can be divided by", "[kernels]") {
    std::vector<Fp8> packed(3, Fp8{0xA5});
    std::vector<float> scales(1);
    oracle::permute_to_fp8(bf16({0, 0, 0}), {0}, 1, 3, packed, scales);
    CHECK(scales[0] == std::ldexp(1.0f, -126));
    for (const Fp8 code : packed) CHECK(code.bits == 0);
}

}  // namespace tokenyard::gpu
