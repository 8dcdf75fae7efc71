// SPDX-License-Identifier: Apache-2.0
#include "cluster/build_fabric.hpp"
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const Change bad_faults[] = {
    {"no list", "", "faults: {kind: nic-down, node: 0, nic: 0}\n",
     "c.yaml:10:9: error: found a map; expected a list of maps with kind"},
    {"an empty list", "", "faults: []\n", "c.yaml:10:9: error: found an empty list; expected maps with kind"},
    {"a text", "", "faults: [nic-down]\n", "c.yaml:10:10: error: found 'nic-down'; expected a fault as a map with the key kind"},
    {"an unknown kind", "", "faults: [{kind: nic-slow}]\n",
     "c.yaml:10:17: error: found 'nic-slow'; expected one of: nic-down, slow-link, nvswitch-down, slow-gpu, late-rank"},
    {"an unknown key", "", "faults: [{kind: nic-down, node: 0, gpu: 0}]\n",
     "c.yaml:10:36: error: found unknown key 'gpu' in a fault; expected one of: kind, node, nic"},
    {"a missing key", "", "faults: [{kind: nic-down, node: 0}]\n", "c.yaml:10:10: error: found no 'nic' in a fault; expected it"},
    {"a node that is not there", "", "faults: [{kind: nic-down, node: 2, nic: 0}]\n",
     "c.yaml:10:33: error: found '2'; expected a whole number from 0 to 1"},
    {"a NIC that is not there", "", "faults: [{kind: nic-down, node: 0, nic: 4}]\n",
     "c.yaml:10:41: error: found '4'; expected a whole number from 0 to 3"},
    {"a NIC twice", "", "faults: [{kind: nic-down, node: 0, nic: 3}, {kind: nic-down, node: 0, nic: 3}]\n",
     "c.yaml:10:45: error: found this nic-down again; expected each fault once"},
    {"the last NIC", "",
     "faults:\n  - {kind: nic-down, node: 1, nic: 0}\n  - {kind: nic-down, node: 1, nic: 1}\n  - {kind: nic-down, node: 1, nic: "
     "3}\n  - {kind: nic-down, node: 1, nic: 2}\n",
     "c.yaml:14:5: error: found the last NIC of node 1 down; expected one that stays up, because GPUs of different nodes must "
     "reach each other"},
    {"a factor of 1", "", "faults: [{kind: slow-link, link: node0/nic0/out, factor: 1}]\n",
     "c.yaml:10:58: error: found '1'; expected a number from 0.001 to 0.999"},
    {"a factor of 0", "", "faults: [{kind: slow-link, link: node0/nic0/out, factor: 0}]\n",
     "c.yaml:10:58: error: found '0'; expected a number from 0.001 to 0.999"},
    {"a factor in quotes", "", "faults: [{kind: slow-link, link: node0/nic0/out, factor: \"0.5\"}]\n",
     "c.yaml:10:58: error: found the text '0.5'; expected a number from 0.001 to 0.999"},
    {"a link that is not there", "", "faults: [{kind: slow-link, link: node0/nic4/out, factor: 0.5}]\n",
     "c.yaml:10:34: error: found 'node0/nic4/out'; expected the name of a link as `tokenyard show` prints them"},
    {"a star that would have to cross a slash", "", "faults: [{kind: slow-link, link: \"node0/*\", factor: 0.5}]\n",
     "c.yaml:10:34: error: found 'node0/*'; expected the name of a link as `tokenyard show` prints them"},
    {"a link of a NIC that is down", "",
     "faults: [{kind: nic-down, node: 0, nic: 1}, {kind: slow-link, link: node0/nic1/out, factor: 0.5}]\n",
     "c.yaml:10:69: error: found 'node0/nic1/out'; expected the name of a link as `tokenyard show` prints them"},
    {"a slow link twice", "",
     "faults: [{kind: slow-link, link: node0/nic1/out, factor: 0.5}, {kind: slow-link, link: node0/nic1/out, factor: 0.6}]\n",
     "c.yaml:10:64: error: found this slow-link again; expected each fault once"},
    {"a plane of a node that has one", "", "faults: [{kind: nvswitch-down, node: 0, planes: 1}]\n",
     "c.yaml:10:38: error: found '0'; expected a node with more scale_up.planes than 1, because one must remain"},
    {"a slow GPU that is not there", "", "faults: [{kind: slow-gpu, node: 0, gpu: 4, factor: 0.8}]\n",
     "c.yaml:10:41: error: found '4'; expected a whole number from 0 to 3"},
    {"a slow GPU twice", "",
     "faults: [{kind: slow-gpu, node: 0, gpu: 1, factor: 0.8}, {kind: slow-gpu, node: 0, gpu: 1, factor: 0.7}]\n",
     "c.yaml:10:58: error: found this slow-gpu again; expected each fault once"},
    {"a late rank that is not there", "", "faults: [{kind: late-rank, rank: 8, delay: 1 us}]\n",
     "c.yaml:10:34: error: found '8'; expected a whole number from 0 to 7"},
    {"a delay without a unit", "", "faults: [{kind: late-rank, rank: 7, delay: 1}]\n",
     "c.yaml:10:44: error: found '1'; expected a time with its unit, such as 1.5 us or 300 ns"},
    {"a late rank twice", "", "faults: [{kind: late-rank, rank: 7, delay: 1 us}, {kind: late-rank, rank: 7, delay: 1 us}]\n",
     "c.yaml:10:51: error: found this late-rank again; expected each fault once"},
};

const Change bad_planes[] = {
    {"all planes", "", "faults: [{kind: nvswitch-down, node: 0, planes: 4}]\n",
     "c.yaml:10:49: error: found '4'; expected a whole number from 1 to 3"},
    {"the planes of one domain twice", "",
     "faults: [{kind: nvswitch-down, node: 0, planes: 1}, {kind: nvswitch-down, node: 1, planes: 1}]\n",
     "c.yaml:10:53: error: found this nvswitch-down again; expected each fault once"},
};

const Change bad_background[] = {
    {"no list", "", "background: {link: node0/nic0/out, load: 0.5}\n",
     "c.yaml:10:13: error: found a map; expected a list of maps with from, to and bandwidth, or with link and load"},
    {"a text", "", "background: [node0]\n",
     "c.yaml:10:14: error: found 'node0'; expected background as a map with the keys from, to, bandwidth"},
    {"an unknown key", "", "background: [{from: node0/gpu0, to: node1/gpu0, load: 0.5}]\n",
     "c.yaml:10:49: error: found unknown key 'load' in background; expected one of: from, to, bandwidth"},
    {"a link with a bandwidth", "", "background: [{link: node0/nic0/out, bandwidth: 1 GB/s}]\n",
     "c.yaml:10:37: error: found unknown key 'bandwidth' in background; expected one of: link, load"},
    {"a missing key", "", "background: [{from: node0/gpu0, bandwidth: 1 GB/s}]\n",
     "c.yaml:10:14: error: found no 'to' in background; expected it"},
    {"a GPU that is not there", "", "background: [{from: node0/gpu0, to: node1/gpu4, bandwidth: 1 GB/s}]\n",
     "c.yaml:10:37: error: found 'node1/gpu4'; expected the name of one of the cluster's GPUs, such as node0/gpu0"},
    {"a node that is not there", "", "background: [{from: node2/gpu0, to: node1/gpu0, bandwidth: 1 GB/s}]\n",
     "c.yaml:10:21: error: found 'node2/gpu0'; expected the name of one of the cluster's GPUs, such as node0/gpu0"},
    {"a rank for a GPU", "", "background: [{from: 0, to: node1/gpu0, bandwidth: 1 GB/s}]\n",
     "c.yaml:10:21: error: found '0'; expected the name of one of the cluster's GPUs, such as node0/gpu0"},
    {"a GPU spelt with a zero more", "", "background: [{from: node0/gpu01, to: node1/gpu0, bandwidth: 1 GB/s}]\n",
     "c.yaml:10:21: error: found 'node0/gpu01'; expected the name of one of the cluster's GPUs, such as node0/gpu0"},
    {"a negative node", "", "background: [{from: node-1/gpu0, to: node1/gpu0, bandwidth: 1 GB/s}]\n",
     "c.yaml:10:21: error: found 'node-1/gpu0'; expected the name of one of the cluster's GPUs, such as node0/gpu0"},
    {"a GPU to itself", "", "background: [{from: node0/gpu0, to: node0/gpu0, bandwidth: 1 GB/s}]\n",
     "c.yaml:10:37: error: found 'node0/gpu0'; expected another GPU than the one it comes from"},
    {"all of a NIC", "", "background: [{from: node0/gpu0, to: node1/gpu0, bandwidth: 50 GB/s}]\n",
     "c.yaml:10:60: error: found '50 GB/s'; expected less than what is left of node0/nic0/out, 50 of 50 GB/s"},
    {"more than is left of a NIC", "",
     "background: [{from: node0/gpu0, to: node1/gpu0, bandwidth: 30 GB/s}, {from: node0/gpu0, to: node1/gpu1, bandwidth: 30 "
     "GB/s}]\n",
     "c.yaml:10:116: error: found '30 GB/s'; expected less than what is left of node0/nic0/out, 20 of 50 GB/s"},
    {"all of a link", "", "background: [{link: \"node0/nic*/out\", load: 1}]\n",
     "c.yaml:10:45: error: found '1'; expected a number from 0.001 to 0.999"},
    {"all of a link in two parts", "", "background: [{link: \"node0/nic*/out\", load: 0.6}, {link: node0/nic2/out, load: 0.4}]\n",
     "c.yaml:10:80: error: found '0.4'; expected less than what is left of node0/nic2/out, 20 of 50 GB/s"},
    {"a link that is not there", "", "background: [{link: leaf0/up, load: 0.3}]\n",
     "c.yaml:10:21: error: found 'leaf0/up'; expected the name of a link as `tokenyard show` prints them"},
};

std::string refusal_with_check(const std::string& document, const Change& change) {
    const TemporaryFolder folder;
    folder.write("c.yaml", with_change(document, change));
    return refusal_of([&] { read_one(folder.path("c.yaml"), {}, build_fabric); }, folder);
}

}  // namespace

TEST_CASE("read_one refuses a bad fault", "[input]") {
    for (const Change& change : bad_faults) DYNAMIC_SECTION(change.name) {
            CHECK(refusal_with_check(small_cluster, change) == change.refusal);
        }
}

TEST_CASE("read_one refuses bad faults of NVSwitch planes", "[input]") {
    // both nodes in one domain
    const std::string planes = with_change(small_cluster, {"", "latency: 1 us}", "latency: 1 us, domain: 8, planes: 4}", ""});
    for (const Change& change : bad_planes) DYNAMIC_SECTION(change.name) {
            CHECK(refusal_with_check(planes, change) == change.refusal);
        }
    const std::string mesh = with_change(small_cluster, {"", "kind: nvswitch", "kind: mesh", ""});
    CHECK(refusal_with_check(mesh, {"", "", "faults: [{kind: nvswitch-down, node: 1, planes: 1}]\n", ""}) ==
          "c.yaml:10:38: error: found '1'; expected a node whose scale_up.kind is nvswitch");
}

TEST_CASE("read_one refuses NICs that are down where separate rails then share none", "[input]") {
    const std::string rails = with_change(small_cluster, {"", "kind: single-switch", "kind: rail-only, leaf_ports: 8", ""});
    CHECK(refusal_with_check(rails, {"", "",
                                     "faults:\n  - {kind: nic-down, node: 0, nic: 0}\n  - {kind: nic-down, node: 0, nic: 1}\n"
                                     "  - {kind: nic-down, node: 1, nic: 2}\n  - {kind: nic-down, node: 1, nic: 3}\n",
                                     ""}) ==
          "c.yaml:14:36: error: found '3'; expected a NIC that leaves every two nodes a rail in common, because nothing joins "
          "separate rails");
}

TEST_CASE("read_one refuses bad background traffic", "[input]") {
    for (const Change& change : bad_background) DYNAMIC_SECTION(change.name) {
            CHECK(refusal_with_check(small_cluster, change) == change.refusal);
        }
}

TEST_CASE("a node that nothing has to leave may lose all its NICs", "[input]") {
    const std::string one_node = with_change(small_cluster, {"", "nodes: 2", "nodes: 1", ""});
    CHECK(refusal_with_check(with_change(one_node, {"", "nics: {count: 4,", "nics: {map: [0, 0, 0, 0], count: 1,", ""}),
                             {"", "", "faults: [{kind: nic-down, node: 0, nic: 0}]\n", ""}) == accepted);
}

}  // namespace tokenyard
