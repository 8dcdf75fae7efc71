// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const Change bad_fabrics[] = {
    {"an unknown kind", "fabric: {kind: single-switch}", "fabric: {kind: torus}",
     "c.yaml:8:16: error: found 'torus'; expected one of: single-switch, rail-optimized, rail-only, fat-tree, graph; did you "
     "mean graph?"},
    {"no kind", "fabric: {kind: single-switch}", "fabric: {hop_latency: 1 us}",
     "c.yaml:8:9: error: found no 'kind' in fabric; expected one of: single-switch, rail-optimized, rail-only, fat-tree, graph"},
    {"a text", "fabric: {kind: single-switch}", "fabric: single-switch",
     "c.yaml:8:9: error: found 'single-switch'; expected fabric as a map with the key kind"},
    {"a key of another kind", "fabric: {kind: single-switch}", "fabric: {kind: single-switch, leaf_ports: 64}",
     "c.yaml:8:31: error: found unknown key 'leaf_ports' in fabric; expected one of: kind, hop_latency"},
    {"a hop_latency without a unit", "fabric: {kind: single-switch}", "fabric: {kind: single-switch, hop_latency: 300}",
     "c.yaml:8:44: error: found '300'; expected a time with its unit, such as 1.5 us or 300 ns"},
    {"rail-optimized without leaf_ports", "fabric: {kind: single-switch}", "fabric: {kind: rail-optimized, oversubscription: 1}",
     "c.yaml:8:9: error: found no 'leaf_ports' in fabric; expected it"},
    {"rail-optimized without oversubscription", "fabric: {kind: single-switch}", "fabric: {kind: rail-optimized, leaf_ports: 64}",
     "c.yaml:8:9: error: found no 'oversubscription' in fabric; expected it"},
    {"an oversubscription of 0", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 64, oversubscription: 0}",
     "c.yaml:8:66: error: found '0'; expected a number of at least 0.001 and at most 1000"},
    {"an oversubscription that leaves no port below", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 2, oversubscription: 0.5}",
     "c.yaml:8:44: error: found '2'; expected enough ports for one below a leaf at oversubscription 0.5"},
    {"more ports below than there are", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 64, oversubscription: 1, leaf_down_ports: 65}",
     "c.yaml:8:86: error: found '65'; expected a whole number from 1 to 64"},
    {"rail-only with too many nodes", "fabric: {kind: single-switch}", "fabric: {kind: rail-only, leaf_ports: 1}",
     "c.yaml:8:39: error: found '1'; expected at least the 2 nodes, because separate rails have one leaf each"},
    {"rail-only with oversubscription", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-only, leaf_ports: 64, oversubscription: 1}",
     "c.yaml:8:43: error: found unknown key 'oversubscription' in fabric; expected one of: kind, leaf_ports, hop_latency"},
    {"a fat-tree of 4 levels", "fabric: {kind: single-switch}",
     "fabric: {kind: fat-tree, levels: 4, leaf_ports: 64, oversubscription: 1}",
     "c.yaml:8:34: error: found '4'; expected a whole number from 2 to 3"},
    {"a leaf too small for a node", "fabric: {kind: single-switch}",
     "fabric: {kind: fat-tree, levels: 2, leaf_ports: 6, oversubscription: 1}",
     "c.yaml:8:49: error: found '6'; expected a leaf with room for a node's 4 NICs; it has 3 ports below"},
    {"pods at 2 levels", "fabric: {kind: single-switch}",
     "fabric: {kind: fat-tree, levels: 2, leaf_ports: 64, oversubscription: 1, pod_leaves: 2}",
     "c.yaml:8:74: error: found 'pod_leaves' in fabric; expected none, because only 3 levels have pods"},
    {"pod_oversubscription at 2 levels", "fabric: {kind: single-switch}",
     "fabric: {kind: fat-tree, levels: 2, leaf_ports: 64, oversubscription: 1, pod_oversubscription: 2}",
     "c.yaml:8:74: error: found 'pod_oversubscription' in fabric; expected none, because only 3 levels have pods"},
    {"3 levels without pod_leaves", "fabric: {kind: single-switch}",
     "fabric: {kind: fat-tree, levels: 3, leaf_ports: 64, oversubscription: 1}",
     "c.yaml:8:9: error: found no 'pod_leaves' in fabric; expected it"},
    {"an unknown routing", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 64, oversubscription: 1, routing: spray}",
     "c.yaml:8:78: error: found 'spray'; expected one of: adaptive, ecmp"},
    {"ecmp without spines", "fabric: {kind: single-switch}",
     "fabric: {kind: fat-tree, levels: 2, leaf_ports: 64, oversubscription: 1, routing: ecmp}",
     "c.yaml:8:9: error: found no 'spines' in fabric; expected it"},
    {"spines with adaptive routing", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 64, oversubscription: 1, routing: adaptive, spines: 4}",
     "c.yaml:8:88: error: found 'spines' in fabric; expected none, because only routing ecmp tells them apart"},
    {"spines without routing", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 64, oversubscription: 1, spines: 4}",
     "c.yaml:8:69: error: found 'spines' in fabric; expected none, because only routing ecmp tells them apart"},
    {"a seed of the hash without routing", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 64, oversubscription: 1, hash_seed: 4}",
     "c.yaml:8:69: error: found 'hash_seed' in fabric; expected none, because only routing ecmp hashes"},
    {"a seed of the hash below zero", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 64, oversubscription: 1, routing: ecmp, spines: 4, hash_seed: -1}",
     "c.yaml:8:106: error: found '-1'; expected a whole number from 0 to 2147483647"},
    {"more spines than uplinks", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 64, oversubscription: 1, routing: ecmp, spines: 33}",
     "c.yaml:8:92: error: found '33'; expected at most the 32 ports of a leaf that lead upwards"},
    {"no spines at all", "fabric: {kind: single-switch}",
     "fabric: {kind: rail-optimized, leaf_ports: 64, oversubscription: 1, routing: ecmp, spines: 0}",
     "c.yaml:8:92: error: found '0'; expected a whole number from 1 to 4096"},
    {"rail-only with routing", "fabric: {kind: single-switch}", "fabric: {kind: rail-only, leaf_ports: 64, routing: ecmp}",
     "c.yaml:8:43: error: found unknown key 'routing' in fabric; expected one of: kind, leaf_ports, hop_latency"},
    {"a graph with an unknown switch", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: all, switch: c}], "
     "links: [{between: [a, b], bandwidth: 100 GB/s, latency: 0 s}]}",
     "c.yaml:8:114: error: found 'c'; expected the name of one of the switches"},
    {"a graph with a link to an unknown switch", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: all, switch: b}], "
     "links: [{between: [a, c], bandwidth: 100 GB/s, latency: 0 s}]}",
     "c.yaml:8:141: error: found 'c'; expected the name of one of the switches"},
    {"a NIC that is attached twice", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: all, nics: 0, switch: b}], "
     "links: [{between: [a, b], bandwidth: 100 GB/s, latency: 0 s}]}",
     "c.yaml:8:84: error: found node0/nic0 attached again; expected each NIC once"},
    {"a node that is not attached", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}], links: [{between: [a, b], bandwidth: "
     "100 GB/s, latency: 0 s}]}",
     "c.yaml:8:49: error: found node1/nic0 on no switch; expected each NIC on one"},
    {"a NIC that is not attached", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: [0, 1, 2], switch: "
     "b}], links: [{between: [a, b], bandwidth: 100 GB/s, latency: 0 s}]}",
     "c.yaml:8:49: error: found node1/nic3 on no switch; expected each NIC on one"},
    {"a node that does not exist", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 2, nics: all, switch: b}], "
     "links: [{between: [a, b], bandwidth: 100 GB/s, latency: 0 s}]}",
     "c.yaml:8:92: error: found '2'; expected a whole number from 0 to 1"},
    {"switches that are not joined", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: all, switch: b}]}",
     "c.yaml:8:9: error: found no way between switches 'a' and 'b'; expected links that join all NICs"},
    {"a link from a switch to itself", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: all, switch: b}], "
     "links: [{between: [a, a], bandwidth: 100 GB/s, latency: 0 s}]}",
     "c.yaml:8:141: error: found 'a'; expected two different switches"},
    {"a link with three ends", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: all, switch: b}], "
     "links: [{between: [a, b, a], bandwidth: 100 GB/s, latency: 0 s}]}",
     "c.yaml:8:137: error: found a list; expected a list of two switches"},
    {"a switch twice", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b, a], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: all, switch: b}], "
     "links: [{between: [a, b], bandwidth: 100 GB/s, latency: 0 s}]}",
     "c.yaml:8:40: error: found 'a'; expected each switch once"},
    {"a link without a latency", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: all, switch: b}], "
     "links: [{between: [a, b], bandwidth: 100 GB/s}]}",
     "c.yaml:8:127: error: found no 'latency' in fabric.links; expected it"},
    {"no switches", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: all, switch: b}], links: "
     "[{between: [a, b], bandwidth: 100 GB/s, latency: 0 s}]}",
     "c.yaml:8:33: error: found an empty list; expected names of switches"},
    {"a link of no cables", "fabric: {kind: single-switch}",
     "fabric: {kind: graph, switches: [a, b], attach: [{nodes: 0, nics: all, switch: a}, {nodes: 1, nics: all, switch: b}], "
     "links: [{between: [a, b], bandwidth: 100 GB/s, latency: 0 s, count: 0}]}",
     "c.yaml:8:187: error: found '0'; expected a whole number from 1 to 4096"},
};

}  // namespace

TEST_CASE("read_one refuses a bad fabric", "[input]") {
    for (const Change& change : bad_fabrics) DYNAMIC_SECTION(change.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", with_change(small_cluster, change));
            CHECK(refusal_of([&] { read_one(folder.path("c.yaml"), {}); }, folder) == change.refusal);
        }
}

}  // namespace tokenyard
