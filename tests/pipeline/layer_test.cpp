// SPDX-License-Identifier: Apache-2.0
// The whole layer: its parts add up, hot experts make their rank late, and two micro-batches hide what one shows.
#include "pipeline/layer.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"

#include <catch2/catch.hpp>

#include <numeric>

namespace tokenyard {
namespace {

/// 2 nodes of 2 GPUs that compute 100 TFLOP/s; 8 experts, top-2, 1,000 hidden elements in bf16, 1,000 tokens a rank.
Case layer_case(RoutingSource routing) {
    Case one;
    one.cluster = single_switch_cluster(2, 2);
    GpuModel& gpu = one.cluster.groups[0].node.gpu;
    gpu.sms = 100;
    gpu.flops["bf16"] = flops_per_second(100e12);
    one.workload.ranks = 4;
    TokenWorkload tokens;
    tokens.model = {8, 2, 1000, 10, 1, 1, ExpertModel{500, 3, 0, {"bf16", 16}, {"bf16", 16}}};
    tokens.tokens_per_rank = {1000, 1000, 1000, 1000};
    tokens.dispatch = tokens.combine = {{"bf16", 16}, 0, {}, {}};
    tokens.routing = std::move(routing);
    one.workload.traffic = std::move(tokens);
    one.costs.compute = {microseconds(2), 1, 1, 1};
    return one;
}

Prediction predicted(const Case& one, LayerOverlap overlap, const char* algorithm = "direct") {
    const Fabric fabric = fabric_of(one.cluster);
    PredictOptions options;
    options.algorithm = find_algorithm(algorithm);
    options.engine = EngineKind::fluid;
    options.layer = overlap;
    return predict(one, fabric, make_traffic(one, fabric), options);
}

TokenWorkload& tokens_of(Case& one) { return std::get<TokenWorkload>(one.workload.traffic); }

/// Every token of every rank to experts 0 and 1, which are rank 0's.
Routing all_to_rank_0() {
    Routing routing{8, 2, {0, 1000, 2000, 3000, 4000}, {}, {}};
    for (int token = 0; token < 4000; ++token) {
        routing.expert_ids.insert(routing.expert_ids.end(), {0, 1});
        routing.weights.insert(routing.weights.end(), {0.5F, 0.5F});
    }
    return routing;
}

}  // namespace

TEST_CASE("a layer on one path is the sum of its parts", "[model]") {
    // All 2,000 copies of each rank go to rank 0, 2,000 B each. Gate: 2 B x (10^6 + 8,000) + 32,000 B + (32,000 + 16,000) B at
    // 3,000 GB/s, and 2 launches: 4.69867 us. Pack: 2 MB + 4 MB: 2 us, launch 2 us.
    // Dispatch: rank 1 sends 4 MB over NVLink, 40 us; ranks 2 and 3 4 MB each over rank 0's NIC, 8 MB / 50 GB/s = 160 us.
    // Rank 0 then: unpack 8,000 copies there and back, 32 MB, 10.6667 us + 2; experts 0 and 1, 4,000 tokens each: up and gate 8
    // GFLOP 80 us, activation 12 MB 4 us, down 40 us: 248 us, + 3 launches; repack 32 MB, 12.6667 us. Combine takes 160 us; and
    // each rank sums its 2,000 copies: 6 MB, 2 us + 2.
    const Case one = layer_case(TraceRouting{{"trace", ""}, all_to_rank_0()});
    const Prediction prediction = predicted(one, LayerOverlap::none);
    const Layer& layer = *prediction.layer;
    const double gate = (2 * 1.008 + 0.032 + 0.048) / 3 + 4;
    const double rank_0 = 12 + 2.0 / 3 + 248 + 6 + 12 + 2.0 / 3;
    CHECK(in_microseconds(layer.completion) == Approx(gate + 4 + 160 + rank_0 + 160 + 4).epsilon(1e-9));
    CHECK(in_microseconds(layer.ranks[0].computing) == Approx(gate + 4 + rank_0 + 4).epsilon(1e-9));
    CHECK(in_microseconds(layer.ranks[0].dispatch) == Approx(160).epsilon(1e-9));
    CHECK(layer.ranks[0].hottest_copies == 4000);
    CHECK(layer.ranks[0].combine_from == -1);  // nothing comes back to itself
    CHECK(layer.ranks[3].combine_from == 0);
    CHECK(in_microseconds(layer.all_layers) == Approx(10 * in_microseconds(layer.completion)));
    CHECK(layer.tokens_per_second == Approx(4000 / layer.all_layers.si));
    double shares = 0;
    for (const Bottleneck& each : layer.bottlenecks) shares += each.share;
    CHECK(shares == Approx(1));
}

TEST_CASE("the parts of computation are its sum", "[model]") {
    const Prediction prediction =
        predicted(layer_case(LognormalRouting{1}), LayerOverlap::none, GENERATE("direct", "two-level", "low-latency"));
    Seconds sum;
    for (const auto& [name, time] : prediction.layer->parts) sum += time;
    CHECK(sum.si == Approx(prediction.layer->computing.si));
    const Layer& layer = *prediction.layer;
    CHECK(layer.completion.si == Approx((layer.computing + layer.exposed + layer.waiting).si));
    CHECK(layer.communicating.si == Approx((layer.exposed + layer.hidden).si));
}

TEST_CASE("a slow GPU makes its experts late by its factor", "[model]") {
    // As above, with rank 0 at half its speed: all that it computes takes twice as long
    const Case one = layer_case(TraceRouting{{"trace", ""}, all_to_rank_0()});
    Fabric fabric = fabric_of(one.cluster);
    const Traffic traffic = make_traffic(one, fabric);
    PredictOptions options;
    options.engine = EngineKind::fluid;
    const Layer healthy = predict_layer(one, fabric, traffic, options);
    fabric.gpus[0].speed = 0.5;
    const Layer slow = predict_layer(one, fabric, traffic, options);
    CHECK(slow.ranks[0].computing.si == Approx(2 * healthy.ranks[0].computing.si));
    // What counts: ranks 2 and 3 begin the dispatch, so of rank 0's time only what is behind it, and its sum at the end.
    const double behind_dispatch = 12 + 2.0 / 3 + 248 + 6 + 12 + 2.0 / 3, sum = 4;
    CHECK(in_microseconds(slow.completion - healthy.completion) == Approx(behind_dispatch + sum).epsilon(1e-6));
}

TEST_CASE("two micro-batches take no longer than one after the other, and no less than either line", "[model]") {
    Case one = layer_case(UniformRouting{});
    one.costs.compute.launch = {};  // so that two halves cost what the whole does
    tokens_of(one).model.expert->hidden = 4000;
    const Layer single = *predicted(one, LayerOverlap::none).layer, overlapped = *predicted(one, LayerOverlap::two_batch).layer;
    CHECK(overlapped.micro_batches == 2);
    CHECK(overlapped.completion < single.completion);
    CHECK(overlapped.completion.si >= overlapped.computing.si * (1 - 1e-9));
    CHECK(overlapped.hidden > single.hidden);
    CHECK(overlapped.tokens_per_second > single.tokens_per_second);
}

TEST_CASE("what lies between two layers hides communication too", "[model]") {
    // Alone, a layer and what lies between are one after the other; overlapped, a period is shorter than both together.
    Case one = layer_case(UniformRouting{});
    tokens_of(one).between_layers = microseconds(100);
    const Layer single = *predicted(one, LayerOverlap::none).layer, overlapped = *predicted(one, LayerOverlap::two_batch).layer;
    CHECK(in_microseconds(single.all_layers) == Approx(10 * (in_microseconds(single.completion) + 100)));
    CHECK(overlapped.all_layers < single.all_layers);
}

TEST_CASE("a layer without computation to speak of is refused", "[collective]") {
    Case one = layer_case(UniformRouting{});
    CHECK(refusal_of_layer(one, fabric_of(one.cluster), *find_algorithm("two-level"), LayerOverlap::two_batch).empty());
    one.costs.two_level.sms = 100;
    CHECK(refusal_of_layer(one, fabric_of(one.cluster), *find_algorithm("two-level"), LayerOverlap::two_batch) ==
          "found 100 SMs that two-level keeps; expected fewer than the 100 of test");
    CHECK(refusal_of_layer(one, fabric_of(one.cluster), *find_algorithm("direct"), LayerOverlap::two_batch).empty());
    tokens_of(one).model.expert.reset();
    CHECK(refusal_of_layer(one, fabric_of(one.cluster), *find_algorithm("two-level"), LayerOverlap::two_batch) ==
          "found a model without 'expert'; expected what its experts compute");
    one.workload.traffic = MatrixWorkload{{"m", ""}, VolumeMatrix(4, 4)};
    CHECK(refusal_of_layer(one, fabric_of(one.cluster), *find_algorithm("two-level"), LayerOverlap::two_batch) ==
          "found S(i,k) without tokens; expected a workload with a model");
}

}  // namespace tokenyard
