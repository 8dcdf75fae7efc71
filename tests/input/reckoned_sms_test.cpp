// SPDX-License-Identifier: Apache-2.0
// SMs that DeepEP V2 reckons, against its formula by hand.
#include "input/reckoned_sms.hpp"

#include "support/clusters.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

/// Nodes of 8 GPUs with NVLink and a NIC each of these GB/s.
Cluster nodes_of_8(int nodes, double nvlink, double nic) {
    Cluster cluster = single_switch_cluster(nodes, 8);
    Node& node = cluster.groups[0].node;
    node.scale_up->bandwidth_per_gpu = gigabytes_per_second(nvlink);
    node.scale_up->domain = 8;
    node.nics->count = 8;
    node.nics->bandwidth = gigabytes_per_second(nic);
    return cluster;
}

int reckoned(int nodes, double nvlink, double nic, int experts, int k, double part = 0.9) {
    Model model;
    model.experts = experts;
    model.experts_per_token = k;
    return reckoned_sms(nodes_of_8(nodes, nvlink, nic), model, nodes * 8, part);
}

}  // namespace

TEST_CASE("DeepEP V2 takes as many SMs as NVLink or NICs can keep busy", "[input]") {
    // One node, 6 of 384 experts, a row is written for each rank: 1.25 x 0.9 x 900 / (7/8) / 50 = 23.1
    CHECK(reckoned(1, 900, 50, 384, 6) == 24);
    CHECK(reckoned(1, 450, 50, 384, 6) == 12);         // 11.6
    CHECK(reckoned(1, 450, 50, 384, 6, 0.956) == 14);  // 12.3: links that are told as 26.56 GB/s
    // Two nodes: a token goes to 1.970 of them and 5.166 ranks, so that the NIC's 50 GB/s allow 50 / (1.970 / 2 / 5.166) = 262
    // rows, each written 1 + (1 + 1.970 / 2) / 5.166 = 1.384 times: 1.25 x 262 x 1.384 / 50 = 9.07
    CHECK(reckoned(2, 900, 50, 384, 6) == 10);
    CHECK(reckoned(2, 450, 25, 384, 6) == 6);   // 4.5
    CHECK(reckoned(2, 450, 50, 256, 8) == 12);  // as its README has for two nodes, and 6 for four
    CHECK(reckoned(4, 450, 50, 256, 8) == 6);
    CHECK(reckoned(8, 450, 50, 256, 8) == 4);
    CHECK(reckoned(2, 450, 50, 0, 0) == 4);       // a matrix has no experts
    CHECK(reckoned(1, 1e9, 50, 384, 6) == 1024);  // however fast links are
}

}  // namespace tokenyard
