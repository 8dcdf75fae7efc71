// SPDX-License-Identifier: Apache-2.0
// Nodes whose GPUs reach each other over NICs.
#include "cluster/build_fabric.hpp"
#include "input/input.hpp"
#include "support/clusters.hpp"
#include "support/fabrics.hpp"
#include "support/files.hpp"
#include "support/predictions.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

Cluster over_nics() {
    Cluster cluster = single_switch_cluster(2, 4);
    cluster.groups[0].node.uses_nics_inside = true;
    return cluster;
}

}  // namespace

TEST_CASE("GPUs of a node that uses its NICs inside are islands, and reach each other as those of other nodes", "[cluster]") {
    const Fabric fabric = build_fabric(over_nics());
    CHECK(names_on_route(fabric, 0, 1) == Names{"node0/nic0/out", "node0/nic1/in"});
    CHECK(names_on_route(fabric, 0, 5) == Names{"node0/nic0/out", "node1/nic1/in"});
    CHECK(fabric.tier(0, 1) == Tier::scale_out);
    CHECK(fabric.tier(0, 0) == Tier::local);
    CHECK(fabric.island_of_each_rank() == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(fabric.node_of_each_rank() == std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1});
}

TEST_CASE("an even exchange of a node that uses its NICs inside takes what its NICs need for all of it",
          "[cluster][closed-form]") {
    // 7 MB from each GPU to each of the 7 others over a NIC of 50 GB/s: 49 MB / 50 GB/s = 980 us; over NVLink, 4 x 7 / 50 = 560
    // us
    const VolumeMatrix volumes = uniform_volumes(8, 7e6);
    CHECK(in_microseconds(explained(matrix_case(over_nics(), volumes)).phases[0].completion) == Approx(980));
    CHECK(in_microseconds(explained(matrix_case(single_switch_cluster(2, 4), volumes)).phases[0].completion) == Approx(560));
}

TEST_CASE("GPUs that share a NIC go out of it and into it again", "[cluster]") {
    Cluster cluster = over_nics();
    cluster.groups[0].node.nics->of_gpu = {{0}, {0}, {1}, {1}};
    CHECK(names_on_route(build_fabric(cluster), 0, 1) == Names{"node0/nic0/out", "node0/nic0/in"});
}

TEST_CASE("read_one reads node.inside, and writes it back", "[input]") {
    const TemporaryFolder folder;
    const std::string file = folder.write("c.yaml", small_cluster);
    const auto with = [&](const char* value) {
        return std::get<Cluster>(read_one(file, {{"node.inside", value}})).groups[0].node.uses_nics_inside;
    };
    CHECK(with("nics"));
    CHECK_FALSE(with("links"));
    CHECK_FALSE(std::get<Cluster>(read_one(file, {})).groups[0].node.uses_nics_inside);
}

TEST_CASE("read_one refuses node.inside without NICs, with another word, and on separate rails", "[input]") {
    const TemporaryFolder folder;
    const std::string file = folder.write("c.yaml", small_cluster);
    const auto refusal = [&](std::vector<Override> overrides) { return refusal_of([&] { read_one(file, overrides); }, folder); };
    CHECK(refusal({{"node.inside", "nics"}, {"node.nics", "~"}}) ==
          "--set node.inside:1:1: error: found 'nics'; expected node.nics beside it, or links");
    CHECK(refusal({{"node.inside", "nvlink"}}) == "--set node.inside:1:1: error: found 'nvlink'; expected one of: links, nics");
    CHECK(refusal({{"node.inside", "nics"}, {"fabric", "{kind: rail-only, leaf_ports: 64, hop_latency: 0.3 us}"}}) ==
          "--set fabric:1:8: error: found 'rail-only'; expected a kind that joins all NICs, because node.inside is nics");
}

TEST_CASE("a list takes one more by --set with the number behind its last item", "[input]") {
    const TemporaryFolder folder;
    const std::string file = folder.write("c.yaml", small_cluster);
    const auto faults = std::get<Cluster>(read_one(file, {{"faults", "[{kind: late-rank, rank: 1, delay: 5 us}]"},
                                                          {"faults.1", "{kind: late-rank, rank: 2, delay: 5 us}"}}))
                            .faults;
    REQUIRE(faults.size() == 2);
    CHECK(std::get<LateRank>(faults[1]).rank == 2);
}

}  // namespace tokenyard
