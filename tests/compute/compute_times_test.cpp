// SPDX-License-Identifier: Apache-2.0
// The roofline of every part of a layer, by hand. The GPU moves 1,000 GB/s and computes 100 TFLOP/s; every kernel takes 2 us
// to launch; efficiencies are 1 unless a test says so.
#include "compute/compute_times.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

GpuModel small_gpu() {
    GpuModel gpu{"small", bytes(80e9), gigabytes_per_second(1000), 100, {}};
    gpu.flops["bf16"] = flops_per_second(100e12);
    return gpu;
}

ComputeCosts plain_costs() { return {microseconds(2), 1, 100, 1}; }

/// 1,000 hidden elements in bf16; experts of 500; 8 experts, top-2.
LayerShape small_shape(Granularity granularity, Packing packing) {
    LayerShape shape;
    shape.model = {8, 2, 1000, 1, 1, 1, ExpertModel{500, 3, 0, {"bf16", 16}, {"bf16", 16}}};
    shape.dispatch = shape.combine = {bytes(2000), {}, {}};
    shape.granularity = granularity;
    shape.packing = packing;
    return shape;
}

/// 5,000 tokens make 10,000 copies for 8,000 ranks on 6,000 islands; 9,000 copies of 7,000 tokens arrive for two experts.
RankTokens some_tokens() { return {5000, 10000, 8000, 6000, 9000, 7000, {8950, 50}}; }

Approx about(double microseconds_expected) { return Approx(microseconds_expected).epsilon(1e-9); }

}  // namespace

TEST_CASE("the gate reads tokens and weights, and writes scores", "[compute]") {
    // GEMM: 2 B x (5000 x 1000 + 1000 x 8) + 5000 x 8 x 4 B = 10.176 MB at 1000 GB/s = 10.176 us; its 0.08 GFLOP take 0.8 us.
    // Choice: 160,000 B of scores + 5000 x 2 x 8 B = 0.24 us. Two launches, 4 us.
    const ComputeTimes times =
        compute_times(small_shape(Granularity::expert, Packing::apart), some_tokens(), small_gpu(), plain_costs(), 1);
    CHECK(in_microseconds(times.gate) == about(10.176 + 0.24 + 4));
}

TEST_CASE("packing moves what the algorithm wants", "[compute]") {
    const auto of = [](Granularity granularity, Packing packing) {
        return compute_times(small_shape(granularity, packing), some_tokens(), small_gpu(), plain_costs(), 1);
    };
    // own tokens are 5000 x 2000 B = 10 MB, 10 us; a thousand rows of 2000 B take 2 us; a launch 2 us
    const ComputeTimes copies = of(Granularity::expert, Packing::apart);
    CHECK(in_microseconds(copies.pack) == about(2 + 10 + 20));
    CHECK(in_microseconds(copies.unpack) == about(2 + 18 + 18));
    CHECK(in_microseconds(copies.repack) == about(2 + 18 + 18));
    CHECK(in_microseconds(copies.finish) == about(2 + 20 + 10));
    const ComputeTimes ranks = of(Granularity::rank, Packing::apart);
    CHECK(in_microseconds(ranks.pack) == about(2 + 10 + 16));
    CHECK(in_microseconds(ranks.unpack) == about(2 + 14 + 18));
    CHECK(in_microseconds(ranks.repack) == about(2 + 18 + 14));
    CHECK(in_microseconds(ranks.finish) == about(2 + 16 + 10));
    const ComputeTimes islands = of(Granularity::island, Packing::in_place);
    CHECK(islands.pack.si == 0);  // nothing to cast: bf16 it is and stays
    CHECK(in_microseconds(islands.finish) == about(2 + 12 + 10));
    const ComputeTimes none = of(Granularity::expert, Packing::fused);
    CHECK(none.pack.si + none.unpack.si + none.repack.si == 0);
    CHECK(in_microseconds(none.finish) == about(2 + 20 + 10));
}

TEST_CASE("each expert computes its own tokens, and small ones wait for their weights", "[compute]") {
    // Hot expert: 8,950 tokens fill 9,000 rows. Up and gate: 2 x 9000 x 1000 x 1000 FLOP = 18 GFLOP, 180 us (its 37.8 MB take
    // less). Activation: 8950 x (1000 + 500) x 2 B = 26.85 us. Down: 9 GFLOP, 90 us.
    // Cold expert: 50 tokens fill 100 rows, 0.2 GFLOP: 2 us; weights 2 MB + 50 x 4 kB = 2.2 us. Activation 0.15 us. Down: 1 us of
    // FLOPs; 1 MB + 50 x 3 kB = 1.15 us.
    const ComputeTimes times =
        compute_times(small_shape(Granularity::expert, Packing::fused), some_tokens(), small_gpu(), plain_costs(), 1);
    CHECK(in_microseconds(times.experts) == about(180 + 26.85 + 90 + 2.2 + 0.15 + 1.15 + 3 * 2));
}

TEST_CASE("experts share SMs with communication, memory does not", "[compute]") {
    // With half of the SMs the hot expert's GEMMs take twice as long, and the cold one's are bound by FLOPs: 4 us and 2 us.
    const ComputeTimes times =
        compute_times(small_shape(Granularity::expert, Packing::fused), some_tokens(), small_gpu(), plain_costs(), 0.5);
    CHECK(in_microseconds(times.experts) == about(360 + 26.85 + 180 + 4 + 0.15 + 2 + 3 * 2));
    CHECK(in_microseconds(times.finish) == about(2 + 20 + 10));
}

TEST_CASE("a rank without tokens computes nothing", "[compute]") {
    const ComputeTimes times = compute_times(small_shape(Granularity::expert, Packing::apart), {0, 0, 0, 0, 0, 0, {0, 0}},
                                             small_gpu(), plain_costs(), 1);
    CHECK(times.sum().si == 0);
}

TEST_CASE("what cannot be timed is refused", "[compute]") {
    Model model = small_shape(Granularity::expert, Packing::apart).model;
    CHECK(refusal_of_compute(model, small_gpu()).empty());
    model.expert->dtype = {"fp8_e4m3", 8};
    CHECK(refusal_of_compute(model, small_gpu()) == "found small without a rate for fp8_e4m3; expected one in its 'flops'");
    model.expert.reset();
    CHECK(refusal_of_compute(model, small_gpu()) == "found a model without 'expert'; expected what its experts compute");
    CHECK(refusal_of_compute(small_shape(Granularity::expert, Packing::apart).model, {"bare", bytes(1), {1}, 0, {}}) ==
          "found bare without 'flops'; expected what it computes");
}

}  // namespace tokenyard
