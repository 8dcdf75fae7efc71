// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const Change bad_clusters[] = {
    {"gpus 0", "gpus: 4", "gpus: 0", "c.yaml:4:9: error: found '0'; expected a whole number from 1 to 1024"},
    {"a key without a value", "gpus: 4",
     "gpus:", "c.yaml:4:3: error: found nothing after 'gpus'; expected a value, or ~ for none"},
    {"an unknown key", "gpus: 4", "gpu_count: 4",
     "c.yaml:4:3: error: found unknown key 'gpu_count' in node; expected one of: gpus, gpu, host, scale_up, pcie, nics, inside; "
     "did you mean gpus?"},
    {"a missing key", "  gpus: 4\n", "", "c.yaml:4:3: error: found no 'gpus' in node; expected it"},
    {"a repeated key", "gpus: 4", "gpus: 4\n  gpus: 4", "c.yaml:5:3: error: found key 'gpus' again; expected it once"},
    {"a list where a map belongs", "fabric: {kind: single-switch}", "fabric: [single-switch]",
     "c.yaml:8:9: error: found a list; expected fabric as a map with the key kind"},
    {"a map where a list belongs", "sources: [test]", "sources: {a: test}",
     "c.yaml:9:10: error: found a map; expected a list of texts that say where the numbers come from"},
    {"no sources", "sources: [test]", "sources: []",
     "c.yaml:9:10: error: found an empty list; expected texts that say where the numbers come from"},
    {"an empty source", "sources: [test]", "sources: [\"\"]", "c.yaml:9:11: error: found ''; expected each item as a text"},
    {"no name", "name: small\n", "", "c.yaml:1:1: error: found no 'name' in the cluster; expected it"},
    {"a name on two lines", "name: small", "name: \"two\\nlines\"",
     "c.yaml:1:7: error: found 'two\\nlines'; expected name on one line"},
    {"a NUL in a name", "name: small", "name: \"a\\0b\"", "c.yaml:1:7: error: found 'a\\x00b'; expected name on one line"},
    {"a description that is a list", "", "description: [a]\n",
     "c.yaml:10:14: error: found a list; expected description as a text"},
    {"a key with a line break", "", "\"a\\nb\": 1\n",
     "c.yaml:10:1: error: found unknown key 'a\\nb' in the cluster; expected one of: name, description, base, nodes, node, "
     "groups, fabric, efficiency, faults, background, prices, power, libraries, calibration, sources"},
    {"a key of a workload", "", "model: {}\n",
     "c.yaml:10:1: error: found unknown key 'model' in the cluster; expected one of: name, description, base, nodes, node, "
     "groups, fabric, efficiency, faults, background, prices, power, libraries, calibration, sources"},
    {"a price without a currency", "", "prices: {node: 280000, switch: 1 USD}\n",
     "c.yaml:10:16: error: found '280000'; expected a price with its unit, such as 280000 USD or 1800 EUR"},
    {"a price in a word", "", "prices: {node: 280000 Dollar, switch: 1 USD}\n",
     "c.yaml:10:16: error: found '280000 Dollar'; expected a price in a currency of three capital letters, such as 280000 USD or "
     "1800 EUR; did you mean 280000 USD?"},
    {"prices in two currencies", "", "prices: {node: 1 USD, switch: 1 EUR}\n",
     "c.yaml:10:31: error: found '1 EUR'; expected a price in USD as that of a node"},
    {"prices without a node's", "", "prices: {nic: 1 USD, switch: 1 USD}\n",
     "c.yaml:10:9: error: found no 'node' in prices; expected it"},
    {"a price of what has none", "", "prices: {node: 1 USD, cable: 1 USD, switch: 1 USD}\n",
     "c.yaml:10:23: error: found unknown key 'cable' in prices; expected one of: node, nic, switch"},
    {"a negative power", "", "power: {node: -1 kW, switch: 1 kW}\n",
     "c.yaml:10:15: error: found '-1 kW'; expected a power of at least 0"},
    {"a power in horses", "", "power: {node: 10 hp, switch: 1 kW}\n",
     "c.yaml:10:15: error: found '10 hp'; expected a power in W, kW or MW, such as 10.2 kW or 25 W"},
    {"a GPU without SMs", "memory_bandwidth: 3 TB/s", "memory_bandwidth: 3 TB/s, sms: 0",
     "c.yaml:5:68: error: found '0'; expected a whole number from 1 to 65536"},
    {"a rate for an unknown dtype", "memory_bandwidth: 3 TB/s", "memory_bandwidth: 3 TB/s, flops: {tf32: 1 TFLOP/s}",
     "c.yaml:5:71: error: found unknown key 'tf32' in node.gpu.flops; expected one of: bf16, fp16, fp8, fp4"},
    {"rates for no dtype", "memory_bandwidth: 3 TB/s", "memory_bandwidth: 3 TB/s, flops: {bf16: ~}",
     "c.yaml:5:70: error: found a map; expected a rate for at least one of: bf16, fp16, fp8, fp4"},
    {"no scale_up for four GPUs", "  scale_up: {kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us}\n", "",
     "c.yaml:4:3: error: found no 'scale_up' in node; expected it"},
    {"an unknown kind of scale_up", "kind: nvswitch", "kind: nvlink",
     "c.yaml:6:20: error: found 'nvlink'; expected one of: nvswitch, mesh, pcie; did you mean nvswitch?"},
    {"a domain that does not fit the node", "latency: 1 us}", "latency: 1 us, domain: 3}",
     "c.yaml:6:82: error: found '3'; expected a multiple or a divisor of the node's 4 GPUs"},
    {"a domain that does not fit the nodes", "latency: 1 us}", "latency: 1 us, domain: 12}",
     "c.yaml:2:8: error: found '2'; expected a multiple of the 3 nodes in a scale-up domain of 12 GPUs"},
    {"a narrow domain without pcie", "latency: 1 us}", "latency: 1 us, domain: 2}",
     "c.yaml:4:3: error: found no 'pcie' in node; expected it"},
    {"pcie beside a PCIe scale-up", "kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us}",
     "kind: pcie, bandwidth_per_gpu: 50 GB/s, latency: 1 us}\n  pcie: {bandwidth: 50 GB/s, latency: 1 us}",
     "c.yaml:7:3: error: found 'pcie' in node; expected none, because the links of scale_up.kind pcie are it"},
    {"a narrow PCIe domain", "kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us}",
     "kind: pcie, bandwidth_per_gpu: 50 GB/s, latency: 1 us, domain: 2}",
     "c.yaml:6:13: error: found a map; expected a domain of at least the node's 4 GPUs with kind pcie"},
    {"switches that do not divide", "kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us}",
     "kind: pcie, bandwidth_per_gpu: 50 GB/s, latency: 1 us, switches: 3}",
     "c.yaml:6:79: error: found '3'; expected a divisor of the domain's 4 GPUs"},
    {"no switch_uplink", "kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us}",
     "kind: pcie, bandwidth_per_gpu: 50 GB/s, latency: 1 us, switches: 2}",
     "c.yaml:6:13: error: found no 'switch_uplink' in node.scale_up; expected it"},
    {"an uplink of one switch", "kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us}",
     "kind: pcie, bandwidth_per_gpu: 50 GB/s, latency: 1 us, switch_uplink: 50 GB/s}",
     "c.yaml:6:69: error: found 'switch_uplink' in node.scale_up; expected none, because one switch has no uplink"},
    {"a mesh with switches", "kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us}",
     "kind: mesh, bandwidth_per_gpu: 100 GB/s, latency: 1 us, switches: 2}",
     "c.yaml:6:70: error: found 'switches' in node.scale_up; expected none, because only kind pcie has them"},
    {"planes of a mesh", "kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us}",
     "kind: mesh, bandwidth_per_gpu: 100 GB/s, latency: 1 us, planes: 2}",
     "c.yaml:6:70: error: found 'planes' in node.scale_up; expected none, because only kind nvswitch has them"},
    {"no planes", "latency: 1 us}", "latency: 1 us, planes: 0}",
     "c.yaml:6:82: error: found '0'; expected a whole number from 1 to 1024"},
    {"PCIe switches that do not divide the node", "  nics: {",
     "  pcie: {bandwidth: 50 GB/s, latency: 1 us, switches: 3}\n  nics: {",
     "c.yaml:7:55: error: found '3'; expected a divisor of the node's 4 GPUs"},
    {"PCIe switches without an uplink", "  nics: {", "  pcie: {bandwidth: 50 GB/s, latency: 1 us, switches: 2}\n  nics: {",
     "c.yaml:7:9: error: found no 'switch_uplink' in node.pcie; expected it"},
    {"an uplink of the only PCIe switch", "  nics: {",
     "  pcie: {bandwidth: 50 GB/s, latency: 1 us, switch_uplink: 50 GB/s}\n  nics: {",
     "c.yaml:7:45: error: found 'switch_uplink' in node.pcie; expected none, because one switch has no uplink"},
    {"NICs on PCIe switches that are not there", "latency: 2 us}", "latency: 2 us, pcie_switch: [0, 0, 0, 0]}",
     "c.yaml:7:58: error: found 'pcie_switch' in node.nics; expected none, because the node has no PCIe switches to tell apart"},
    {"too few PCIe switches of NICs", "  nics: {",
     "  pcie: {bandwidth: 50 GB/s, latency: 1 us, switches: 2, switch_uplink: 9 GB/s}\n  nics: {pcie_switch: [0, 1], ",
     "c.yaml:8:23: error: found 2 entries; expected one for each of the node's 4 NICs"},
    {"a NIC on a PCIe switch that does not exist", "  nics: {",
     "  pcie: {bandwidth: 50 GB/s, latency: 1 us, switches: 2, switch_uplink: 9 GB/s}\n  nics: {pcie_switch: [0, 1, 2, 0], ",
     "c.yaml:8:30: error: found '2'; expected a whole number from 0 to 1"},
    {"three NICs for four GPUs", "nics: {count: 4", "nics: {count: 3",
     "c.yaml:7:17: error: found '3'; expected a multiple or a divisor of the node's 4 GPUs, or an explicit map"},
    {"a NIC map that is too short", "latency: 2 us}", "latency: 2 us, map: [0, 1]}",
     "c.yaml:7:63: error: found 2 entries; expected one for each of the node's 4 GPUs"},
    {"a NIC index that is too large", "latency: 2 us}", "latency: 2 us, map: [0, 1, 2, 4]}",
     "c.yaml:7:73: error: found '4'; expected a whole number from 0 to 3"},
    {"a NIC twice for a GPU", "latency: 2 us}", "latency: 2 us, map: [0, 1, 2, [3, 3]]}",
     "c.yaml:7:77: error: found '3'; expected each NIC once"},
    {"an empty NIC map", "latency: 2 us}", "latency: 2 us, map: []}",
     "c.yaml:7:63: error: found an empty list; expected a NIC, or a list of NICs, for each GPU"},
    {"no NICs for two nodes", "  nics: {count: 4, bandwidth: 400 Gbit/s, latency: 2 us}\n", "",
     "c.yaml:4:3: error: found nodes without 'nics'; expected node.nics, because GPUs of different nodes must reach each other"},
    {"no fabric for two nodes", "fabric: {kind: single-switch}\n", "",
     "c.yaml:1:1: error: found no 'fabric' in the cluster; expected it"},
    {"a fabric that nothing is put on",
     "nodes: 2\nnode:\n  gpus: 4\n  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}\n  scale_up: {kind: nvswitch, "
     "bandwidth_per_gpu: 100 GB/s, latency: 1 us}\n  nics: {count: 4, bandwidth: 400 Gbit/s, latency: 2 us}\n",
     "nodes: 1\nnode:\n  gpus: 4\n  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}\n  scale_up: {kind: nvswitch, "
     "bandwidth_per_gpu: 100 GB/s, latency: 1 us}\n",
     "c.yaml:7:1: error: found 'fabric' in the cluster; expected none, because its nodes have no NICs to put on it"},
    {"an efficiency of 0", "", "efficiency: {scale_out: 0}\n",
     "c.yaml:10:25: error: found '0'; expected a number of at least 0.001 and at most 1"},
    {"an efficiency above 1", "", "efficiency: {scale_out: 1.01}\n",
     "c.yaml:10:25: error: found '1.01'; expected a number of at least 0.001 and at most 1"},
    {"an efficiency next to nothing", "", "efficiency: {scale_up: 1e-300}\n",
     "c.yaml:10:24: error: found '1e-300'; expected a number of at least 0.001 and at most 1"},
    {"an efficiency in quotes", "", "efficiency: {pcie: \"0.5\"}\n",
     "c.yaml:10:20: error: found the text '0.5'; expected a number of at least 0.001 and at most 1"},
    {"an efficiency of something else", "", "efficiency: {nic: 0.5}\n",
     "c.yaml:10:14: error: found unknown key 'nic' in efficiency; expected one of: scale_up, scale_out, pcie"},
    {"groups beside nodes", "", "groups: [{count: 1, node: {gpus: 1}}]\n",
     "c.yaml:2:1: error: found 'nodes' in the cluster; expected none, because groups says how many there are\nc.yaml:3:1: error: "
     "found 'node' in the cluster; expected none, because groups says what they are\nc.yaml:10:27: error: found no 'gpu' in "
     "node; expected it"},
    {"a group without a node", "nodes: 2\nnode:", "groups: [{count: 2}]\nx:",
     "c.yaml:2:10: error: found no 'node' in groups; expected it\nc.yaml:3:1: error: found unknown key 'x' in the cluster; "
     "expected one of: name, description, base, nodes, node, groups, fabric, efficiency, faults, background, prices, power, "
     "libraries, calibration, sources"},
    {"70,000 GPUs", "nodes: 2", "nodes: 17500", "c.yaml:2:8: error: found a cluster of 70000 GPUs; expected at most 65536"},
    {"a million NICs by alias",
     "nodes: 2\nnode:\n  gpus: 4\n  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}\n  scale_up: {kind: nvswitch, "
     "bandwidth_per_gpu: 100 GB/s, latency: 1 us}\n  nics: {count: 4, bandwidth: 400 Gbit/s, latency: 2 us}\n",
     "groups:\n  - &g {count: 32768, node: {gpus: 1, gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}, nics: {count: "
     "1024, bandwidth: 1 GB/s, latency: 0 s}}}\n  - *g\n  - *g\n",
     "c.yaml:3:16: error: found a cluster of 98304 GPUs; expected at most 65536"},
};

}  // namespace

TEST_CASE("read_one refuses a bad cluster", "[input]") {
    for (const Change& change : bad_clusters) DYNAMIC_SECTION(change.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", with_change(small_cluster, change));
            CHECK(refusal_of([&] { read_one(folder.path("c.yaml"), {}); }, folder) == change.refusal);
        }
}

}  // namespace tokenyard
