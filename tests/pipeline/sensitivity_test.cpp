// SPDX-License-Identifier: Apache-2.0
// What sensitivity ranks first is what a cluster or a workload that really has the change gives.
#include "pipeline/variations.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"
#include "support/predictions.hpp"
#include "support/random_case.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace tokenyard {
namespace {

Prediction tried(const Case& one, const char* algorithm = "direct", EngineKind engine = EngineKind::fluid) {
    const Fabric fabric = fabric_of(one.cluster);
    PredictOptions options;
    options.algorithm = find_algorithm(algorithm);
    options.engine = engine;
    options.sensitivity = true;
    return predict(one, fabric, make_traffic(one, fabric), options);
}

/// The first row, that of a class of resource twice as fast among them.
const WhatIf& first(const Prediction& prediction) { return prediction.sensitivity->what_ifs.front(); }

const WhatIf& row(const Prediction& prediction, const std::string& what, double times_faster = 1) {
    for (const WhatIf& each : prediction.sensitivity->what_ifs)
        if (each.what == what && each.times_faster == times_faster) return each;
    FAIL("no row " << what);
    return first(prediction);
}

/// Tokens on the same cluster, eight of each rank for each expert, of which a rank has one.
Case with_tokens(const Case& one) {
    std::vector<int> experts;
    for (int token = 0; token < 32; ++token) experts.push_back(token % 4);
    return token_case(one.cluster, 1, std::vector<std::vector<int>>(4, experts));
}

/// That a case, simulated for itself, takes as long as a row says.
void check_really(const Case& changed, const WhatIf& said, const char* algorithm = "direct") {
    const Prediction really = explained(changed, algorithm);
    CHECK(said.dispatch.si == Approx(really.phases.front().completion.si).epsilon(1e-9));
    CHECK(said.combine.si == Approx(really.phases.back().completion.si).epsilon(1e-9));
}

}  // namespace

TEST_CASE("twice as fast NICs give what sensitivity said of them", "[model]") {
    // 2 nodes x 2 GPUs, 10 MB a pair: NICs 20 MB / 50 GB/s = 400 us, NVLink 10 MB / 100 GB/s. At 100 GB/s NICs need 200 us.
    Case one = matrix_case(single_switch_cluster(2, 2), uniform_volumes(4, 10e6));
    const Prediction prediction = tried(one);
    CHECK(first(prediction).what == "nic");
    CHECK(first(prediction).times_faster == 2);
    CHECK(in_microseconds(first(prediction).dispatch) == Approx(200));
    CHECK(in_microseconds(prediction.sensitivity->dispatch) == Approx(400));
    CHECK(in_microseconds(row(prediction, "nic", 1.1).dispatch) == Approx(400 / 1.1));
    CHECK(in_microseconds(row(prediction, "nvlink", 2).dispatch) == Approx(400));
    Nics& nics = *one.cluster.groups.front().node.nics;
    nics.bandwidth = nics.bandwidth * 2;
    check_really(one, first(prediction));
}

TEST_CASE("a network that is twice as fast gives what sensitivity said of it", "[model]") {
    // explain_test.cpp: 800 us at 2:1; at 1:1 the NICs' 600 us
    Case one = matrix_case(single_switch_cluster(4, 1), uniform_volumes(4, 10e6));
    FatTree tree;
    tree.leaf_ports = 4;
    tree.leaf_down_ports = 2;
    tree.oversubscription = 2;
    one.cluster.network = Network{tree, {}};
    const Prediction prediction = tried(one);
    CHECK(first(prediction).what == "nic and switches");
    CHECK(in_microseconds(first(prediction).dispatch) == Approx(400));
    CHECK(in_microseconds(row(prediction, "leaf", 2).dispatch) == Approx(600));
    CHECK(in_microseconds(row(prediction, "nic", 2).dispatch) == Approx(800));
    tree.oversubscription = 1;
    Case changed = one;
    changed.cluster.network = Network{tree, {}};
    check_really(changed, row(prediction, "leaf", 2));
    // A switch's uplinks follow its NICs.
    Nics& nics = *one.cluster.groups.front().node.nics;
    nics.bandwidth = nics.bandwidth * 2;
    check_really(one, first(prediction));
}

TEST_CASE("half the latency gives what sensitivity said of it", "[model]") {
    // 3 x 1 kB / 50 GB/s = 0.06 us behind 5 + 1 us
    Case one = matrix_case(single_switch_cluster(4, 1), uniform_volumes(4, 1000));
    Seconds& latency = one.cluster.groups.front().node.nics->latency;
    latency = microseconds(5);
    one.cluster.network->hop_latency = microseconds(1);
    const Prediction prediction = tried(one);
    CHECK(first(prediction).what == "latency");
    CHECK(in_microseconds(first(prediction).dispatch) == Approx(3.06));
    latency = latency / 2;
    one.cluster.network->hop_latency = microseconds(0.5);
    check_really(one, first(prediction));
}

TEST_CASE("software that is twice as fast gives what sensitivity said of it", "[model]") {
    Case one = matrix_case(single_switch_cluster(2, 2), uniform_volumes(4, 1000));
    one.costs = some_costs();
    const Prediction prediction = tried(one, "nccl");
    CHECK(first(prediction).what == "software");
    NcclCosts& nccl = one.costs.nccl;
    for (Seconds* time :
         {&nccl.launch, &nccl.per_peer, &nccl.nvlink_latency, &nccl.network_latency, &nccl.ll_latency, &nccl.chunk_overhead})
        *time = *time / 2;
    check_really(one, first(prediction), "nccl");
}

TEST_CASE("software and copying threads speed up every cost of their kind, and nothing else", "[model]") {
    Question question{matrix_case(single_switch_cluster(2, 2), uniform_volumes(4, 1000)), {}, {}};
    question.one.costs = every_cost();
    question.fabric = fabric_of(question.one.cluster);
    const Costs before = question.one.costs;
    const char* what = GENERATE("software", "copying threads");
    for (const Variation& each : variations_of(question.fabric, *find_algorithm("nccl"), true, false))
        if (each.what == what && each.times_faster == 2) CHECK(each.apply(question).empty());
    for (const CostKey& key : cost_keys()) {
        INFO(key.name);
        const bool is_meant =
            key.owner == CostOwner::exchange && key.kind == (what == std::string("software") ? CostKind::delay : CostKind::rate);
        const double faster = key.kind == CostKind::delay ? key.get(before) / 2 : key.get(before) * 2;
        CHECK(key.get(question.one.costs) == (is_meant ? faster : key.get(before)));
    }
}

TEST_CASE("a NIC fewer on each node gives what sensitivity said of it", "[model]") {
    // each node's other NIC carries 40 MB: 800 us
    Case one = matrix_case(single_switch_cluster(2, 2), uniform_volumes(4, 10e6));
    const Prediction prediction = tried(one);
    const WhatIf& fewer = prediction.sensitivity->what_ifs.back();
    CHECK(fewer.what == "one NIC fewer on each node");
    CHECK(in_microseconds(fewer.dispatch) == Approx(800));
    one.cluster.faults = {NicDown{0, 1}, NicDown{1, 1}};
    check_really(one, fewer);
}

TEST_CASE("a NIC fewer is one of those that carry something", "[model]") {
    // Both GPUs of a node on NIC 1 of four: without it no GPU reaches another node.
    Case one = matrix_case(single_switch_cluster(2, 2), uniform_volumes(4, 10e6));
    Nics& nics = *one.cluster.groups.front().node.nics;
    nics.count = 4;
    nics.of_gpu = {{1}, {1}};
    for (const char* algorithm : {"direct", "nccl", "dedup"}) {
        INFO(algorithm);
        if (std::string(algorithm) == "dedup") one = with_tokens(one);
        const Prediction prediction = tried(one, algorithm);
        const auto& not_tried = prediction.sensitivity->not_tried;
        REQUIRE(not_tried.size() > 0);
        CHECK(not_tried.front().what == "one NIC fewer on each node");
        CHECK(not_tried.front().reason == "node0 has 1 NIC in use, and would be left without");
    }
    // On NICs 1 and 2, each has 20 MB to carry, and one of them 40 MB: 800 us, whatever else there is.
    one = matrix_case(one.cluster, uniform_volumes(4, 10e6));
    one.cluster.groups.front().node.nics->of_gpu = {{1}, {2}};
    const Prediction prediction = tried(one);
    const WhatIf& fewer = row(prediction, "one NIC fewer on each node");
    CHECK(in_microseconds(prediction.sensitivity->dispatch) == Approx(400));
    CHECK(in_microseconds(fewer.dispatch) == Approx(800));
    one.cluster.faults = {NicDown{0, 2}, NicDown{1, 2}};
    check_really(one, fewer);
    CHECK(tried(one).sensitivity->not_tried.front().reason == "node0 has 1 NIC in use, and would be left without");
}

TEST_CASE("perfect balance is a uniform matrix where each rank has as much to send", "[model]") {
    // Each of 4 ranks has 30 MB for others, of which 20 MB for rank 0 (rank 0 itself: for rank 1). 60 MB / 50 GB/s = 1200 us into
    // node0/nic0; spread evenly 30 MB into each, 600 us. The diagonal stays.
    const Case one =
        matrix_case(single_switch_cluster(4, 1),
                    volumes_from({{7e6, 20e6, 5e6, 5e6}, {20e6, 7e6, 5e6, 5e6}, {20e6, 5e6, 7e6, 5e6}, {20e6, 5e6, 5e6, 7e6}}));
    const Prediction prediction = tried(one);
    CHECK(in_microseconds(prediction.sensitivity->dispatch) == Approx(1200));
    CHECK(in_microseconds(row(prediction, "perfect balance").dispatch) == Approx(600));
    check_really(matrix_case(single_switch_cluster(4, 1), uniform_volumes(4, 10e6)), row(prediction, "perfect balance"));
    REQUIRE(prediction.sensitivity->not_tried.size() == 2);
    CHECK(prediction.sensitivity->not_tried[0].what == "one NIC fewer on each node");
    CHECK(prediction.sensitivity->not_tried[0].reason == "node0 has 1 NIC in use, and would be left without");
    CHECK(prediction.sensitivity->not_tried[1].reason == "S(i,k) does not say which of its bytes are of the same token");
}

TEST_CASE("perfect balance of a hot expert's tokens is the same tokens spread evenly", "[model]") {
    // 8 ranks on 4 nodes have 16 tokens each for expert 0, on rank 0; spread evenly, two for each rank.
    std::vector<std::vector<int>> hot(8, std::vector<int>(16, 0)), even(8);
    for (std::vector<int>& experts : even)
        for (int token = 0; token < 16; ++token) experts.push_back(token % 8);
    for (const char* algorithm : {"direct", "two-level", "low-latency"}) {
        INFO(algorithm);
        const Prediction prediction = tried(token_case(single_switch_cluster(4, 2), 1, hot), algorithm);
        CHECK(first(prediction).what == "perfect balance");
        check_really(token_case(single_switch_cluster(4, 2), 1, even), first(prediction), algorithm);
    }
}

TEST_CASE("a token once to each GPU saves the second copies", "[model]") {
    // 2 nodes of 1 GPU with 2 experts: each rank's 4 tokens go to both experts of the other one. 8 kB / 50 GB/s = 0.16 us; once,
    // half.
    Case one = token_case(single_switch_cluster(2, 1), 2, {{}, {}});
    auto& tokens = std::get<TokenWorkload>(one.workload.traffic);
    tokens.model.experts_per_token = 2;
    tokens.tokens_per_rank = {4, 4};
    tokens.routing = TraceRouting{
        {"trace", ""}, Routing{4, 2, {0, 4, 8}, {2, 3, 2, 3, 2, 3, 2, 3, 0, 1, 0, 1, 0, 1, 0, 1}, std::vector<float>(16, 1)}};
    const Prediction prediction = tried(one);
    CHECK(in_microseconds(prediction.sensitivity->dispatch) == Approx(0.16));
    CHECK(in_microseconds(row(prediction, "a token once to each GPU").dispatch) == Approx(0.08));
    CHECK(tried(one, "dedup").sensitivity->not_tried.back().reason == "dedup does so already");
}

TEST_CASE("sensitivity is ranked, and takes the fluid engine beside SimGrid", "[model]") {
    const RandomCase random = random_case(static_cast<std::uint32_t>(GENERATE(range(4000, 4006))));
    INFO(random.description);
    const Prediction prediction = tried(matrix_case(random.cluster, random.volumes), "direct", EngineKind::simgrid);
    const Sensitivity& sensitivity = *prediction.sensitivity;
    CHECK(sensitivity.dispatch.si == Approx(prediction.phases.front().completion.si).epsilon(1e-6));
    for (std::size_t i = 0; i + 1 < sensitivity.what_ifs.size(); ++i) {
        const WhatIf &better = sensitivity.what_ifs[i], &worse = sensitivity.what_ifs[i + 1];
        CHECK(better.dispatch + better.combine <= worse.dispatch + worse.combine);
    }
}

TEST_CASE("perfect balance changes nothing where all pairs exchange the same", "[model]") {
    const Prediction prediction = tried(matrix_case(single_switch_cluster(2, 2), uniform_volumes(4, 10e6)));
    CHECK(row(prediction, "perfect balance").dispatch.si == Approx(prediction.sensitivity->dispatch.si));
}

}  // namespace tokenyard
