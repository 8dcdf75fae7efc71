// SPDX-License-Identifier: Apache-2.0
// The whole way, from a case to its prediction.
#include "pipeline/predict.hpp"
#include "support/clusters.hpp"
#include "support/random_case.hpp"
#include "workload/make_routing.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace tokenyard {
namespace {

Case matrix_case(const Cluster& cluster, const VolumeMatrix& volumes) {
    Case one;
    one.cluster = cluster;
    one.workload.name = "matrix";
    one.workload.ranks = volumes.rows();
    one.workload.traffic = MatrixWorkload{{"matrix", ""}, volumes};
    return one;
}

Prediction predicted(const Case& one, EngineKind engine) {
    PredictOptions options;
    options.engine = engine;
    const Fabric fabric = fabric_of(one.cluster);
    return predict(one, fabric, make_traffic(one, fabric), options);
}

}  // namespace

TEST_CASE("the combine of a matrix is the dispatch of its transpose", "[model]") {
    const RandomCase random = random_case(static_cast<std::uint32_t>(GENERATE(range(2000, 2020))));
    INFO(random.description);
    const Prediction straight = predicted(matrix_case(random.cluster, random.volumes), EngineKind::fluid);
    const Prediction turned = predicted(matrix_case(random.cluster, transpose(random.volumes)), EngineKind::fluid);
    CHECK(straight.phases[1].completion.si == turned.phases[0].completion.si);
    CHECK(straight.phases[1].lower_bound.si == turned.phases[0].lower_bound.si);
    CHECK(straight.phases[1].receive_skew == turned.phases[0].receive_skew);
    CHECK(straight.phases[1].bottlenecks.front().resource == turned.phases[0].bottlenecks.front().resource);
    CHECK(straight.layer_completion.si == turned.layer_completion.si);
}

TEST_CASE("a uniform exchange without latency takes exactly its closed form", "[model]") {
    // 4 nodes x 8 GPUs, 1 MB a pair: each NIC carries 24 MB at 50 GB/s = 480 us; NVLink 7 MB at 100 GB/s = 70 us
    const Prediction prediction = predicted(matrix_case(single_switch_cluster(4, 8), uniform_volumes(32, 1e6)),
                                            GENERATE(EngineKind::simgrid, EngineKind::fluid));
    CHECK(in_microseconds(prediction.phases[0].completion) == Approx(480).epsilon(1e-9));
    CHECK(in_microseconds(prediction.phases[0].lower_bound) == Approx(480).epsilon(1e-9));
    CHECK(in_bytes(prediction.phases[0].volume.scale_out) == 32 * 24e6);
    CHECK(in_bytes(prediction.phases[0].volume.scale_up) == 32 * 7e6);
    CHECK(prediction.phases[0].bottleneck_kinds[0].share + prediction.phases[0].bottleneck_kinds[1].share == Approx(1));
}

TEST_CASE("a group of fewer ranks than the cluster uses its first GPUs", "[model]") {
    const Prediction prediction = predicted(matrix_case(single_switch_cluster(4, 4), uniform_volumes(6, 1e6)), EngineKind::fluid);
    CHECK(prediction.ranks == 6);
    CHECK(prediction.nodes == 2);
    const auto idle = std::count_if(prediction.phases[0].links.begin(), prediction.phases[0].links.end(),
                                    [](const LinkUse& link) { return link.carried.si == 0; });
    CHECK(idle > 0);
}

}  // namespace tokenyard
