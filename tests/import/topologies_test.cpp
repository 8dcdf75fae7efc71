// SPDX-License-Identifier: Apache-2.0
// Nodes and networks out of SimAI, topograph, NetQ, hwloc and InfraGraph.
#include "import/import.hpp"
#include "input/input.hpp"
#include "input/source.hpp"
#include "support/files.hpp"
#include "support/machines.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace tokenyard {
namespace {

using Files = std::vector<std::string>;

std::string imported(const Files& texts, const std::vector<Override>& given = {}) {
    const TemporaryFolder folder;
    std::vector<std::string> names;
    for (std::size_t one = 0; one < texts.size(); ++one) names.push_back(folder.write("in" + std::to_string(one), texts[one]));
    std::string yaml;
    const std::string refusal = refusal_of([&] { yaml = import_files(names, {{}, {}, given}).yaml; }, folder);
    return refusal == accepted ? yaml : refusal;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

// 2 servers of 2 GPUs, an NVSwitch each, two rails, a spine with two cables to rail 7.
const std::string simai =
    "9 2 2 3 13 H100\n4 5 6 7 8 \n"
    "0 4 1440Gbps 0.000025ms 0\n0 6 400Gbps 0.0005ms 0\n1 4 1440Gbps 0.000025ms 0\n1 7 400Gbps 0.0005ms 0\n"
    "2 5 1440Gbps 0.000025ms 0\n2 6 400Gbps 0.0005ms 0\n3 5 1440Gbps 0.000025ms 0\n3 7 400Gbps 0.0005ms 0\n"
    "6 8 400Gbps 0.0005ms 0\n7 8 400Gbps 500ns 0\n8 7 50GBps 0.0005ms 0\n6 8 800Gbps 0.0005ms 0\n7 8 400Gbps 0.0005ms 0\n";

const std::string topograph =
    "switches:\n  core:\n    switches: [spine-1, spine-2]\n  spine-1:\n    switches: [leaf-1]\n  spine-2: {switches: [leaf-2]}\n"
    "blocks:\n- switch: leaf-1\n  nodes: [\"n[01-02]\"]\n  annotations:\n    accelerator.topology.test/domain: nvl1\n"
    "- switch: leaf-2\n  nodes: [n03, n04]\n  annotations: {accelerator.topology.test/domain: nvl2}\n";

std::string netq_bundle(const std::string& a, const std::string& b, const std::string& cables, int size) {
    return R"({"src":")" + a + R"(","target":")" + b + R"(","size":)" + std::to_string(size) + R"(,"compounded_links":[)" +
           cables + "]}";
}
std::string netq_cable(const std::string& a, const std::string& b, const std::string& port) {
    return R"({"interfaces":[{"node":")" + a + R"(","interface":"swp1"},{"node":")" + b + R"(","interface":")" + port + R"("}]})";
}
const std::string netq =
    R"([{"links":[)" + netq_bundle("n0", "n2", netq_cable("n0", "n2", "ens1") + "," + netq_cable("n0", "n2", "ens2"), 2) + "," +
    netq_bundle("n3", "n0", netq_cable("n0", "n3", "ens1") + "," + netq_cable("n0", "n3", "ens2"), 2) + "," +
    netq_bundle("n0", "n1", "", 3) +
    R"(],"nodes":[{"compounded_nodes":[{"id":"n0","name":"leaf","tier":1}]},{"compounded_nodes":[{"id":"n1","name":"spine","tier":2}]},)"
    R"({"compounded_nodes":[{"id":"n2","name":"dgx-2","tier":-1},{"id":"n3","name":"dgx-10","tier":-1}]}]}])";

const std::string two_gpus_two_nics =
    "        GPU0    GPU1    NIC0    NIC1    CPU Affinity    NUMA Affinity\n"
    "GPU0     X      NV18    PIX     SYS     0-31            0\nGPU1    NV18     X      SYS     PIX     32-63           1\n"
    "NIC0    PIX     SYS      X      SYS\nNIC1    SYS     PIX     SYS      X\n\nNIC Legend:\n\n  NIC0: ens1\n  NIC1: ens2\n";
const std::vector<Override> h100{{"node.gpu.chip", "h100_sxm"}};

std::string hwloc_device(const std::string& bus, const std::string& type, const std::string& inside = {}) {
    return R"(<object type="PCIDev" pci_busid=")" + bus + R"(" pci_type=")" + type +
           R"( [0000:0000] 00" pci_link_speed="63.015385">)" + inside + "</object>";
}
std::string hwloc_bridge(const std::string& bus, const std::string& inside) {
    return R"(<object type="Bridge" bridge_type="1-1" pci_busid=")" + bus +
           R"(" pci_type="0604 [1000:c030] [0000:0000] 00" pci_link_speed="31.507692">)" + inside + "</object>";
}
std::string hwloc_nic(const std::string& bus, const std::string& name) {
    return hwloc_device(
        bus, "0207 [15b3:1021]",
        R"(<object type="OSDev" name="ib0" osdev_type="2"/><object type="OSDev" name=")" + name + R"(" osdev_type="3"/>)");
}
std::string hwloc_package(int number, const std::string& inside) {
    return R"(<object type="Package"><info name="CPUVendor" value="AuthenticAMD"/><object type="NUMANode" os_index=")" +
           std::to_string(number) + R"("/><object type="Bridge" bridge_type="0-1">)" + inside + "</object></object>";
}
/// Two sockets, a switch each with a GPU and a NIC behind ports of their own; a graphics device of the board, and a slow port.
const std::string hwloc =
    R"(<?xml version="1.0"?><!DOCTYPE topology SYSTEM "hwloc2.dtd"><topology version="2.0"><object type="Machine">)" +
    hwloc_package(
        0,
        hwloc_bridge("0000:16:01.0",
                     hwloc_bridge("0000:17:00.0", hwloc_bridge("0000:18:00.0", hwloc_device("0000:19:00.0", "0302 [10de:2330]")) +
                                                      hwloc_bridge("0000:18:01.0", hwloc_nic("0000:1a:00.0", "mlx5_0")))) +
            hwloc_device("0000:02:00.0", "0300 [1a03:2000]") +
            hwloc_device("0000:03:00.0", "0200 [8086:1521]", R"(<object type="OSDev" name="eno1" osdev_type="2"/>)")) +
    hwloc_package(1, hwloc_bridge("0000:96:01.0",
                                  hwloc_bridge("0000:97:00.0",
                                               hwloc_bridge("0000:98:00.0", hwloc_device("0000:99:00.0", "0302 [10de:2330]")) +
                                                   hwloc_bridge("0000:98:01.0", hwloc_nic("0000:9a:00.0", "mlx5_1"))))) +
    "</object></topology>";

const std::string infragraph = R"(infrastructure:
  devices:
    - name: box
      components:
        - {name: xpu, description: NVIDIA H100, choice: xpu, count: 4}
        - {name: cpu, choice: cpu, count: 2}
        - {name: nvsw, choice: custom, custom: {type: nvswitch}, count: 2}
        - {name: psw, choice: switch, count: 2}
        - {name: nic, choice: nic, count: 2}
      links:
        - {name: nvl, physical: {bandwidth: {choice: gigabytes_per_second, gigabytes_per_second: 225}}}
        - {name: pcie}
      edges:
        - {ep1: {component: xpu}, ep2: {component: "nvsw[0:2]"}, scheme: many2many, link: nvl}
        - {ep1: {component: "xpu[0:2]"}, ep2: {component: "psw[0]"}, scheme: many2many, link: pcie}
        - {ep1: {component: "xpu[2:4]"}, ep2: {component: "psw[1]"}, scheme: many2many, link: pcie}
        - {ep1: {component: psw}, ep2: {component: nic}, scheme: one2one, link: pcie}
        - {ep1: {component: psw}, ep2: {component: cpu}, scheme: one2one, link: pcie}
    - name: tor
      components: [{name: port, choice: port, count: 8}]
  instances:
    - {name: host, device: box, count: 2}
    - {name: leaf, device: tor, count: 2}
  links:
    - {name: eth, physical: {bandwidth: {choice: gigabits_per_second, gigabits_per_second: 400}}}
  edges:
    - {ep1: {instance: host, component: "nic[0]"}, ep2: {instance: "leaf[0]", component: "port[0:2]"}, scheme: one2one, link: eth}
    - {ep1: {instance: host, component: "nic[1]"}, ep2: {instance: "leaf[1]", component: "port[0:2]"}, scheme: one2one, link: eth}
    - {ep1: {instance: "leaf[0]", component: "port[2:4]"}, ep2: {instance: "leaf[1]", component: "port[2:4]"}, scheme: one2one, link: eth}
)";

}  // namespace

TEST_CASE("import makes a cluster of SimAI's topology", "[import]") {
    const std::string yaml = imported({simai});
    INFO(yaml);
    CHECK(has(yaml, "    chip: h100_sxm  # first line\n"));
    CHECK(has(yaml, "    bandwidth_per_gpu: 180 GB/s  # each direction, links to NVSwitches\n    latency: 0.05 us"));
    CHECK(has(yaml, "    bandwidth: 400 Gbit/s  # each direction, of a port\n"));
    CHECK(has(yaml, "  switches: [\"switch6\", \"switch7\", \"switch8\"]\n"));
    CHECK(has(yaml, "    - {nodes: [0, 1], nics: 1, switch: \"switch7\"}\n"));
    CHECK(has(yaml,
              "    - {between: [\"switch6\", \"switch8\"], bandwidth: 400 Gbit/s, latency: 0 us, count: 1}\n"
              "    - {between: [\"switch6\", \"switch8\"], bandwidth: 800 Gbit/s, latency: 0 us, count: 1}\n"
              "    - {between: [\"switch7\", \"switch8\"], bandwidth: 400 Gbit/s, latency: 0 us, count: 3}\n"));
    CHECK(imported({with(simai, "H100", "X1")}).find("found no GPU model: --set node.gpu.chip=CHIP") != std::string::npos);
}

TEST_CASE("import refuses what is wrong in SimAI's topology at its place", "[import]") {
    CHECK(imported({with(simai, "9 2", "10 2")}) ==
          "in0:1:1: error: found 10 nodes of which 5 are switches; expected the others to be GPUs, a multiple of 2");
    CHECK(imported({with(simai, "4 5 6", "4 5 5")}) == "in0:2:5: error: found switch 5 again; expected each once");
    CHECK(imported({with(simai, "0 6 400Gbps", "0 9 400Gbps")}) ==
          "in0:4:3: error: found '9'; expected a whole number from 0 to 8");
    CHECK(imported({with(simai, "400Gbps", "400")}) ==
          "in0:4:5: error: found '400'; expected a number and a unit, such as 400Gbps or 0.0005ms");
    CHECK(imported({with(simai, "0 6", "0 1")}) ==
          "in0:4:1: error: found a link between 0 and 1; expected a switch at one end of it");
    CHECK(imported({with(simai, " 13 ", " 14 ")}) == "in0:1:1: error: found 13 links; expected 14, as the first line says");
    CHECK(
        imported({with(simai, "2 6 400Gbps", "2 6 200Gbps")}) ==
        "in0:1:1: error: found other links of GPU 2 than of GPU 0; expected GPUs that are alike, because the nodes of a cluster "
        "file are");
    CHECK(imported({with(simai, "6 8 800Gbps", "4 8 800Gbps")}) ==
          "in0:14:1: error: found a link between switches 4 and 8, of which one is an NVSwitch; expected NVSwitches to join GPUs "
          "of a "
          "server");
}

TEST_CASE("import makes a fat tree of a model of topograph", "[import]") {
    const std::string yaml = imported({nccl_dump_of_h100(), topograph}, {{"fabric.oversubscription", "1"}});
    INFO(yaml);
    CHECK(has(yaml, "nodes: 4  # a model of topograph\n"));
    CHECK(has(yaml, "  kind: fat-tree  # a model of topograph\n  levels: 3\n"));
    CHECK(has(yaml, "# Network: 2 NVLink domains of 2 nodes, which is not taken over: --set node.scale_up.domain=GPUS.\n"));
    const auto refused = [](const std::string& text) { return imported({nccl_dump_of_h100(), text}); };
    CHECK(refused(with(topograph, "[leaf-1]", "[leaf-2]")) ==
          "in1:6:23: error: found switch 'leaf-2' below two others; expected a tree");
    CHECK(refused(with(topograph, "n03", "n01")) == "in1:13:10: error: found node 'n01' again; expected each below one switch");
    CHECK(refused(with(topograph, "n[01-02]", "n[02-01]")) ==
          "in1:9:11: error: found 'n[02-01]'; expected names such as node[01-16], at most 65536");
    CHECK(refused(with(topograph, "- switch: leaf-2", "- switch: leaf-3")) ==
          "in1:12:11: error: found 'leaf-3'; expected the name of a switch above");
    CHECK(imported({topograph}) ==
          "in0:1:1: error: found a network without its nodes; expected a file of one of them beside it: NCCL's topology dump, or "
          "what `nvidia-smi topo -m` prints");
}

TEST_CASE("import makes a graph of NetQ's, with cables as fast as the NICs", "[import]") {
    std::vector<Override> given = h100;
    given.push_back({"node.nics.bandwidth", "200 Gbit/s"});
    const std::string yaml = imported({two_gpus_two_nics, netq}, given);
    INFO(yaml);
    CHECK(has(yaml, "# Nodes 0 to 1: dgx-2, dgx-10.\n"));
    CHECK(has(yaml, "# Rates of cables between switches are not told: each is taken to be as fast as a NIC, 200 Gbit/s.\n"));
    CHECK(has(yaml, "    - {between: [\"leaf\", \"spine\"], bandwidth: 200 Gbit/s, latency: 0 us, count: 3}\n"));
    CHECK(has(yaml, "    - {nodes: [0, 1], nics: 1, switch: \"leaf\"}\n"));
    const auto refused = [&](const std::string& text) { return imported({two_gpus_two_nics, text}, given); };
    CHECK(has(refused(with(netq, R"("src":"n3")", R"("src":"n9")")),
              "error: found 'n9'; expected the id of a device among the nodes"));
    CHECK(has(refused(with(netq, R"("id":"n3")", R"("id":"n2")")), "error: found device 'n2' again; expected each once"));
}

TEST_CASE("import makes a node of hwloc's topology, and says that it is not NCCL's", "[import]") {
    const std::string asked = imported({hwloc});
    CHECK(asked ==
          "in0:1:1: error: found no speed of the NICs mlx5_0, mlx5_1: --set node.nics.bandwidth='400 Gbit/s' (node.nics=~ leaves "
          "them out); expected what the file does not tell as options, or NCCL's topology dump in place of hwloc's "
          "(NCCL_TOPO_DUMP_FILE)");
    const std::string yaml = imported({hwloc}, {{"node.nics.bandwidth", "400 Gbit/s"}});
    INFO(yaml);
    CHECK(has(yaml, "# GPU 0: nearest mlx5_0 (PIX).\n# GPU 1: nearest mlx5_1 (PIX).\n"));
    CHECK(has(yaml, "# Left out, without remote access to memory (RDMA) or made by software: eno1.\n"));
    CHECK(has(yaml, "    map: [0, 1]\n"));
    CHECK(has(yaml, "    model: cx7  # ConnectX-7, PCI device 15b3:1021\n"));
    CHECK(has(yaml, "    bandwidth_per_gpu: 450 GB/s  # NVLink is not told; as in dgx_h100_x4\n"));
    CHECK(has(yaml, "  gpus: 2\n"));
    CHECK(imported({with(with(hwloc, "[10de:2330]", "[10de:22a3]"), "0302", "0680")}).find("error") != std::string::npos);
    CHECK(imported({R"(<topology version="2.0"><object type="Machine"/></topology>)"}) ==
          "in0:1:2: error: found hwloc's topology, not NCCL's, and no GPU in it; expected GPUs: run lstopo where they are shown, "
          "or "
          "dump NCCL's topology there with NCCL_TOPO_DUMP_FILE");
    CHECK(imported({with(hwloc, "63.015385", "fast")}) == "in0:1:660: error: found pci_link_speed='fast'; expected GB/s");
}

TEST_CASE("import makes a cluster of InfraGraph's description, with edges of slices or with connections", "[import]") {
    const std::string yaml = imported({infragraph});
    INFO(yaml);
    CHECK(has(yaml, "    chip: h100_sxm  # component xpu\n"));
    CHECK(
        has(yaml,
            "    kind: nvswitch  # links between GPUs\n    bandwidth_per_gpu: 450 GB/s  # each direction, links between GPUs\n"));
    CHECK(has(yaml, "    map: [0, 0, 1, 1]\n"));
    CHECK(has(yaml, "    bandwidth: 400 Gbit/s  # each direction, of a port\n"));
    CHECK(has(yaml, "    - {nodes: [0, 1], nics: 1, switch: \"leaf.1\"}\n"));
    CHECK(has(yaml, "    - {between: [\"leaf.0\", \"leaf.1\"], bandwidth: 400 Gbit/s, latency: 0 us, count: 2}\n"));
    const std::string connections =
        "devices:\n  - name: box\n    components:\n      - {name: xpu, type: xpu}\n      - {name: nic, type: nic}\n"
        "    links: [{name: pcie}]\n    connections: [xpu.0.pcie.nic.0, xpu.1.pcie.nic.1]\n"
        "instances: [{name: host, device: box}, {name: sw, device: other}]\n"
        "connections: [host.0.nic.0.eth.sw.0.port.0, host.0.nic.1.eth.sw.0.port.1, host.1.nic.0.eth.sw.0.port.2, "
        "host.1.nic.1.eth.sw.0.port.3]\n";
    std::vector<Override> given = h100;
    given.push_back({"node.nics.bandwidth", "400 Gbit/s"});
    given.push_back({"node.scale_up.bandwidth_per_gpu", "63 GB/s"});
    const std::string other = imported({connections}, given);
    INFO(other);
    CHECK(has(other, "nodes: 2  # InfraGraph's description\n"));
    CHECK(has(other, "    kind: pcie  # no links but PCIe\n"));
    CHECK(has(other, "    map: [0, 1]\n"));
    CHECK(
        imported({with(connections, "xpu.1.pcie.nic.1", "xpu.1.nic.1")}, given) ==
        "in0:7:37: error: found 'xpu.1.nic.1'; expected parts with their numbers, a link, and parts with their numbers, such as "
        "xpu.0.pcie.nic.0");
    CHECK(imported({with(infragraph, "xpu[0:2]", "xpu[0:2")}) ==
          "in0:15:29: error: found 'xpu[0:2'; expected a slice such as xpu[0:4]");
    CHECK(imported({with(infragraph, "scheme: one2one", "scheme: mesh")}) ==
          "in0:17:66: error: found 'mesh'; expected one of: one2one, many2many, ring");
    CHECK(imported({with(infragraph, "choice: xpu", "choice: tpu")}) ==
          "in0:1:1: error: found no component of type xpu; expected a device with GPUs: give its file beside this one");
}

TEST_CASE("import reads or refuses nonsense in topologies, and does nothing else", "[import]") {
    std::mt19937 random(20261201);
    int refused = 0;
    std::vector<Override> given = h100;
    given.push_back({"node.nics.bandwidth", "400 Gbit/s"});
    const std::vector<Files> good{{simai}, {two_gpus_two_nics, topograph}, {two_gpus_two_nics, netq}, {hwloc}, {infragraph}};
    for (std::size_t one = 0; one < 250; ++one) {
        Files files = good[one % good.size()];
        std::string& text = files.back();
        for (int change = 0; change < 3; ++change) text[random() % text.size()] = static_cast<char>(32 + random() % 95);
        if (one % 7 == 0) text.resize(random() % text.size());
        const std::string said = imported(files, given);
        const bool is_refused = said.find(": error: ") != std::string::npos;
        refused += is_refused;
        INFO(text << said);
        REQUIRE((is_refused || said.starts_with("# Written by")));
    }
    CHECK(refused > 60);
}

}  // namespace tokenyard
