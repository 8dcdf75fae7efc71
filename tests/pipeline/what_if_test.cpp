// SPDX-License-Identifier: Apache-2.0
// What planners ask, and sums by hand that say by how much the answer must move.
#include "pipeline/predict.hpp"
#include "support/clusters.hpp"
#include "support/predictions.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace tokenyard {
namespace {

Prediction predicted(const Case& one, const char* algorithm = "direct") {
    const Fabric fabric = fabric_of(one.cluster);
    PredictOptions options;
    options.algorithm = find_algorithm(algorithm);
    options.engine = EngineKind::fluid;
    return predict(one, fabric, make_traffic(one, fabric), options);
}

double dispatch_of(const Cluster& cluster, const VolumeMatrix& volumes, const char* algorithm = "direct") {
    return in_microseconds(predicted(matrix_case(cluster, volumes), algorithm).phases.front().completion);
}

/// Two nodes on a leaf.
FatTree two_leaves(double oversubscription, int spines) {
    FatTree tree;
    tree.leaf_ports = 4;
    tree.leaf_down_ports = 2;
    tree.oversubscription = oversubscription;
    tree.spines = spines;
    return tree;
}

/// 8 tokens of 1,000 B on each of 8 ranks (4 nodes of 2 GPUs): so many of them for expert 0, the others one for each rank.
Case hot_case(int tokens_to_hot) {
    Case one;
    one.cluster = single_switch_cluster(4, 2);
    one.workload.ranks = 8;
    TokenWorkload tokens;
    tokens.model = {8, 1, 500, 1, 1, 1, {}};
    tokens.tokens_per_rank.assign(8, 8);
    tokens.dispatch = tokens.combine = {{"bf16", 16}, 0, {}, {}};
    Routing routing{8, 1, {0}, {}, {}};
    for (int rank = 0; rank < 8; ++rank) {
        for (int token = 0; token < 8; ++token) {
            routing.expert_ids.push_back(static_cast<std::uint16_t>(token < tokens_to_hot ? 0 : token));
            routing.weights.push_back(1);
        }
        routing.first_token.push_back(static_cast<std::uint32_t>(routing.expert_ids.size()));
    }
    tokens.routing = TraceRouting{{"trace", ""}, routing};
    one.workload.traffic = std::move(tokens);
    return one;
}

/// n over k.
double choose(double n, double k) {
    double result = 1;
    for (double i = 0; i < k; ++i) result *= (n - i) / (k - i);
    return result;
}

}  // namespace

TEST_CASE("a NIC taken down doubles what its neighbour carries", "[model]") {
    // 2 nodes x 2 GPUs, 10 MB a pair: each NIC carries 20 MB, 400 us. Without rank 2's NIC, rank 3's carries 40 MB: 800 us.
    Cluster cluster = single_switch_cluster(2, 2);
    const VolumeMatrix volumes = uniform_volumes(4, 10e6);
    CHECK(dispatch_of(cluster, volumes) == Approx(400));
    cluster.faults.emplace_back(NicDown{1, 0});
    CHECK(dispatch_of(cluster, volumes) == Approx(800));
    CHECK(dispatch_of(cluster, volumes, "nccl") >= 800 * (1 - 1e-9));
}

TEST_CASE("an oversubscribed spine takes its factor from what crosses it", "[model]") {
    // 4 nodes of 1 GPU, 2 to a leaf. Each NIC carries 30 MB, 600 us. 2 x 2 x 10 MB leave a leaf, over 100 GB/s: 400 us. With 4:1
    // the uplink has 25 GB/s: 1600 us; with 1.25:1 80 GB/s: 500 us, and NICs decide still.
    Cluster cluster = single_switch_cluster(4, 1);
    const VolumeMatrix volumes = uniform_volumes(4, 10e6);
    const auto with_oversubscription = [&](double factor) {
        cluster.network = Network{two_leaves(factor, 0), {}};
        return dispatch_of(cluster, volumes);
    };
    CHECK(with_oversubscription(1) == Approx(600));
    CHECK(with_oversubscription(1.25) == Approx(600));
    CHECK(with_oversubscription(4) == Approx(1600));
}

TEST_CASE("a hot expert makes the exchange as long as its NIC's queue", "[model]") {
    // Uniform: a token of each rank to each rank; 6 ranks are on other nodes: a NIC receives 6 x 1000 B at 50 GB/s: 0.12 us.
    // With 5 of 8 tokens for expert 0, rank 0 receives 6 x 5 tokens: 30 kB, 0.6 us, five times as long.
    CHECK(in_microseconds(predicted(hot_case(0)).phases[0].completion) == Approx(0.12));
    CHECK(in_microseconds(predicted(hot_case(5)).phases[0].completion) == Approx(0.6));
    CHECK(predicted(hot_case(5)).phases[0].bottlenecks.front().resource == "node0/nic0/in");
}

TEST_CASE("a late rank ends its exchange later by its delay", "[model]") {
    // Direct: only what rank 0 sends is late, 400 + 70 us, as its NIC has 20 MB to send
    Cluster cluster = single_switch_cluster(2, 2);
    cluster.faults.emplace_back(LateRank{0, microseconds(70)});
    const Prediction late = predicted(matrix_case(cluster, uniform_volumes(4, 10e6)));
    CHECK(in_microseconds(late.phases[0].completion) == Approx(470));
    double share = 0;
    for (const Bottleneck& each : late.phases[0].bottlenecks) share += each.resource == "late rank" ? each.share : 0;
    CHECK(share == Approx(70.0 / 470));
    // Pairwise: all wait for it, in the first of the steps already
    CHECK(dispatch_of(cluster, uniform_volumes(4, 10e6), "mpi-pairwise") ==
          Approx(dispatch_of(single_switch_cluster(2, 2), uniform_volumes(4, 10e6), "mpi-pairwise") + 70));
}

TEST_CASE("two-level sends tokens to as many nodes as uniform routing reaches", "[model]") {
    // E[G] = G (1 - C(E - E/G, K) / C(E, K)) distinct nodes a token, one G-th of them the token's own; 7168 B + 56 scales, 8 B of
    // place, 8 ids and weights of 4 B each: 7472 B. The mean of 65,536 tokens is within half a percent.
    const int nodes = GENERATE(4, 8);
    Case one;
    one.cluster = single_switch_cluster(nodes, 8);
    one.workload.ranks = nodes * 8;
    TokenWorkload tokens;
    tokens.model = {256, 8, 7168, 58, 1, 1, {}};
    const int each = 65536 / one.workload.ranks;
    tokens.tokens_per_rank.assign(static_cast<std::size_t>(one.workload.ranks), each);
    tokens.dispatch = {{"fp8_e4m3", 8}, 128, {"fp32", 32}, {}};
    tokens.combine = {{"bf16", 16}, 0, {}, {}};
    one.workload.traffic = tokens;
    const double expected = nodes * (1 - choose(256 - 256.0 / nodes, 8) / choose(256, 8)) * (1 - 1.0 / nodes);
    const Prediction prediction = predicted(one, "two-level");
    CHECK(in_bytes(prediction.phases[0].volume.scale_out) / (65536 * 7472.0) == Approx(expected).epsilon(0.005));
    CHECK(in_bytes(prediction.phases[1].volume.scale_out) / (65536 * 14384.0) == Approx(expected).epsilon(0.005));
}

TEST_CASE("collisions of a static hash are counted against an even spread", "[model]") {
    // Two leaves of 2 nodes, 4 spines; the 8 flows between leaves fall on 4 uplinks of each, and as many downlinks.
    Cluster cluster = single_switch_cluster(4, 1);
    cluster.network = Network{two_leaves(1, 4), {}};
    const Prediction prediction = predicted(matrix_case(cluster, uniform_volumes(4, 10e6)));
    const EcmpUse& ecmp = prediction.phases[0].ecmp;
    CHECK(ecmp.flows == 8);
    CHECK(ecmp.links == 16);  // up and down
    std::size_t carried = 0;
    for (const LinkUse& link : prediction.phases[0].links)
        if (link.name.find("/spine") != std::string::npos)
            carried += static_cast<std::size_t>(std::lround(in_bytes(link.carried) / 10e6));
    CHECK(carried == 16);
    CHECK(ecmp.fullest >= ecmp.fullest_even);
    CHECK((ecmp.colliding > 0) == (ecmp.fullest > 1));
    // Spread evenly NICs decide, 600 us; the fullest of the uplinks of 25 GB/s has 10 MB for each of its flows, 400 us each.
    CHECK(in_microseconds(prediction.phases[0].completion) >=
          std::max(600.0, static_cast<double>(ecmp.fullest) * 400) * (1 - 1e-9));
}

}  // namespace tokenyard
