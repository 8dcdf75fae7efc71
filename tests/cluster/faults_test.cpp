// SPDX-License-Identifier: Apache-2.0
// Faults and other jobs in the fabric: what is left of links, and who goes on with which NIC.
#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"
#include "support/fabrics.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

/// The names of the links that a fault makes slower than `whole` has them.
Names slower(Cluster cluster, const Fault& fault) {
    const Fabric whole = build_fabric(cluster);
    cluster.faults = {fault};
    const Fabric faulty = build_fabric(cluster);
    Names names;
    for (std::size_t link = 0; link < whole.links.size(); ++link)
        if (faulty.links[link].capacity < whole.links[link].capacity) names.push_back(whole.links[link].name);
    return names;
}

}  // namespace

TEST_CASE("a GPU whose NIC is down takes that of its nearest neighbour, the lower of two", "[cluster]") {
    // node0, NICs 1 and 3 down: GPU 1 lies between 0 and 2 and takes 0; GPU 3 takes 2
    Cluster cluster = single_switch_cluster(2, 4);
    cluster.faults = {NicDown{0, 1}, NicDown{0, 3}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(names_on_route(fabric, 1, 5) == Names{"node0/nic0/out", "node1/nic1/in"});
    CHECK(names_on_route(fabric, 7, 3) == Names{"node1/nic3/out", "node0/nic2/in"});
    CHECK_THROWS(link_named(fabric, "node0/nic1/out"));  // it is no link any more
}

TEST_CASE("a neighbour's NIC is found at any distance", "[cluster]") {
    Cluster cluster = single_switch_cluster(2, 4);
    cluster.faults = {NicDown{0, 0}, NicDown{0, 1}, NicDown{0, 2}};
    CHECK(names_on_route(build_fabric(cluster), 0, 4) == Names{"node0/nic3/out", "node1/nic0/in"});
}

TEST_CASE("a GPU with two NICs goes on with the other one", "[cluster]") {
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.groups[0].node.nics = Nics{2, gigabytes_per_second(50), {}, {{0, 1}}};
    cluster.faults = {NicDown{1, 0}};
    const Fabric fabric = build_fabric(cluster);
    REQUIRE(fabric.lane_count(0, 1) == 2);  // 2 NICs to 1
    CHECK(names_on_route(fabric, 0, 1, 0) == Names{"node0/nic0/out", "node1/nic1/in"});
    CHECK(names_on_route(fabric, 0, 1, 1) == Names{"node0/nic1/out", "node1/nic1/in"});
}

TEST_CASE("uplinks of a leaf stay as they were built when a NIC below is down", "[cluster]") {
    Cluster cluster = single_switch_cluster(2, 2);
    cluster.network = Network{FatTree{2, 4, 2, 1.0, 0, 1}, {}};
    cluster.faults = {NicDown{0, 1}};
    CHECK(capacity_of(build_fabric(cluster), "leaf0/up") == Approx(100));
}

TEST_CASE("separate rails with failures on both sides are changed at both ends", "[cluster]") {
    // node0 has lost rail 1 and node1 rail 0; rail 2 joins them. 0/gpu0 -> 1/gpu1: to GPU 2, over rail 2, on to GPU 1
    Cluster cluster = single_switch_cluster(2, 3);
    cluster.network = Network{RailOnly{4}, {}};
    cluster.faults = {NicDown{0, 1}, NicDown{1, 0}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(names_on_route(fabric, 0, 4) == Names{"node0/gpu0/nvlink/out", "node0/gpu2/nvlink/in", "node0/nic2/out",
                                                "node1/nic2/in", "node1/gpu2/nvlink/out", "node1/gpu1/nvlink/in"});
    CHECK(names_on_route(fabric, 2, 5) == Names{"node0/nic2/out", "node1/nic2/in"});
}

TEST_CASE("rails are changed at the GPU that owns the NIC, not at one that borrows it", "[cluster]") {
    // GPU 0 of node0 has lost its NIC and uses that of GPU 1
    Cluster cluster = single_switch_cluster(2, 3);
    cluster.network = Network{RailOnly{4}, {}};
    cluster.faults = {NicDown{0, 0}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(fabric.gpus[0].borrows_nics);
    CHECK_FALSE(fabric.gpus[1].borrows_nics);
    CHECK(names_on_route(fabric, 2, 4) ==
          Names{"node0/gpu2/nvlink/out", "node0/gpu1/nvlink/in", "node0/nic1/out", "node1/nic1/in"});
    CHECK(names_on_route(fabric, 0, 4) == Names{"node0/nic1/out", "node1/nic1/in"});
}

TEST_CASE("a name stands for one link, and a star for any run of characters but a slash", "[cluster]") {
    const Cluster cluster = single_switch_cluster(2, 2);
    CHECK(slower(cluster, SlowLink{"node1/nic0/in", 0.5}) == Names{"node1/nic0/in"});
    CHECK(slower(cluster, SlowLink{"node*/nic1/out", 0.5}) == Names{"node0/nic1/out", "node1/nic1/out"});
    CHECK(slower(cluster, SlowLink{"node0/*/out", 0.5}) == Names{"node0/nic0/out", "node0/nic1/out"});
    CHECK(slower(cluster, SlowLink{"n*1/g*u0/*v*nk/i*", 0.5}) == Names{"node1/gpu0/nvlink/in"});
    CHECK(slower(cluster, SlowLink{"*/*/memory**", 0.5}) ==
          Names{"node0/gpu0/memory", "node0/gpu1/memory", "node1/gpu0/memory", "node1/gpu1/memory"});
    CHECK_THROWS_WITH(slower(cluster, SlowLink{"node0/*", 0.5}),
                      "faults[0].link: expected the name of a link as `tokenyard show` prints them");
}

TEST_CASE("a slow link has its factor, and two faults on it multiply", "[cluster]") {
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.faults = {SlowLink{"node1/nic0/in", 0.5}, SlowLink{"node*/nic0/in", 0.8}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(capacity_of(fabric, "node1/nic0/in") == Approx(20));
    CHECK(capacity_of(fabric, "node0/nic0/in") == Approx(40));
}

TEST_CASE("lost NVSwitch planes take their part from every GPU of the domain", "[cluster]") {
    // 4 nodes of 2 GPUs in domains of 4, so nodes 2 and 3 are one; 1 of 4 planes lost: 75 of 100 GB/s
    Cluster cluster = single_switch_cluster(4, 2);
    cluster.groups[0].node.scale_up->domain = 4;
    cluster.groups[0].node.scale_up->planes = 4;
    cluster.faults = {NvswitchDown{3, 1}};
    const Fabric fabric = build_fabric(cluster);
    for (const char* link : {"node2/gpu0/nvlink/out", "node3/gpu1/nvlink/in"}) CHECK(capacity_of(fabric, link) == Approx(75));
    CHECK(capacity_of(fabric, "node1/gpu0/nvlink/out") == Approx(100));
}

TEST_CASE("a slow GPU has its speed, at its memory too, and a late rank its delay", "[cluster]") {
    Cluster cluster = single_switch_cluster(2, 2);
    cluster.faults = {SlowGpu{1, 0, 0.8}, LateRank{3, microseconds(50)}};
    const Fabric fabric = build_fabric(cluster);
    CHECK(fabric.gpus[2].speed == 0.8);
    CHECK(capacity_of(fabric, "node1/gpu0/memory") == Approx(2400));
    CHECK(fabric.gpus[3].speed == 1);
    CHECK(in_microseconds(fabric.gpus[3].late) == Approx(50));
    CHECK(in_microseconds(fabric.gpus[2].late) == 0);
}

TEST_CASE("background traffic takes its bandwidth from every link of its lanes", "[cluster]") {
    // 2 NICs a GPU: 30 GB/s over 2 lanes are 15 on each NIC
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.groups[0].node.nics = Nics{2, gigabytes_per_second(50), {}, {{0, 1}}};
    cluster.background = {BackgroundFlow{{0, 0}, {1, 0}, gigabytes_per_second(30)}};
    const Fabric fabric = build_fabric(cluster);
    for (const char* link : {"node0/nic0/out", "node0/nic1/out", "node1/nic0/in", "node1/nic1/in"})
        CHECK(capacity_of(fabric, link) == Approx(35));
    CHECK(capacity_of(fabric, "node0/nic0/in") == Approx(50));
}

TEST_CASE("background loads are parts of what faults leave, in any order", "[cluster]") {
    // 50 GB/s, at half: 25; less 0.2 and 0.4 of that, and 5 GB/s: 25 - 5 - 10 - 5 = 5
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.faults = {SlowLink{"node0/nic0/out", 0.5}};
    cluster.background = {BackgroundLoad{"node0/nic0/*", 0.2}, BackgroundFlow{{0, 0}, {1, 0}, gigabytes_per_second(5)},
                          BackgroundLoad{"node0/nic0/out", 0.4}};
    CHECK(capacity_of(build_fabric(cluster), "node0/nic0/out") == Approx(5));
    std::swap(cluster.background[0], cluster.background[2]);
    CHECK(capacity_of(build_fabric(cluster), "node0/nic0/out") == Approx(5));
    CHECK(capacity_of(build_fabric(cluster), "node0/nic0/in") == Approx(40));
}

}  // namespace tokenyard
