// SPDX-License-Identifier: Apache-2.0
// A network out of ibnetdiscover and out of SLURM's topology.conf, joined with a node.
#include "import/import.hpp"
#include "input/input.hpp"
#include "input/source.hpp"
#include "support/files.hpp"
#include "support/machines.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

namespace tokenyard {
namespace {

/// Two leaves, a spine with two cables to each, two hosts with one adapter on each leaf; an aggregation node, an adapter without
/// a name, and a host with one adapter only.
const std::string fabric = R"(#
# Topology file: generated on a day

vendid=0x2c9
devid=0xd2f2
sysimgguid=0x1
switchguid=0x1(1)
Switch	65 "S-1"		# "MF0;leaf-a:MQM9700/U1" enhanced port 0 lid 1 lmc 0
[1]	"H-11"[1](11) 		# "node-2 HCA-1" lid 11 4xNDR
[2]	"H-12"[1](12) 		# "node-10 HCA-1" lid 12 4xNDR
[3]	"H-15"[1](15) 		# "MT4129 ConnectX7   Mellanox Technologies" lid 15 4xNDR
[33]	"S-3"[1]		# "MF0;spine:MQM9700/U1" lid 3 4xNDR
[34]	"S-3"[2]		# "MF0;spine:MQM9700/U1" lid 3 4xNDR
[65]	"H-14"[1](14) 		# "Mellanox Technologies Aggregation Node" lid 14 4xNDR

switchguid=0x2(2)
Switch	65 "S-2"		# "MF0;leaf-b:MQM9700/U1" enhanced port 0 lid 2 lmc 0
[1]	"H-21"[1](21) 		# "node-2 mlx5_1" lid 21 4xNDR
[2]	"H-22"[1](22) 		# "node-10 mlx5_1" lid 22 4xNDR
[3]	"H-23"[1](23) 		# "login mlx5_1" lid 23 4xNDR
[33]	"S-3"[3]		# "MF0;spine:MQM9700/U1" lid 3 4xNDR
[34]	"S-3"[4]		# "MF0;spine:MQM9700/U1" lid 3 4xNDR

switchguid=0x3(3)
Switch	65 "S-3"		# "MF0;spine:MQM9700/U1" enhanced port 0 lid 3 lmc 0
[1]	"S-1"[33]		# "MF0;leaf-a:MQM9700/U1" lid 1 4xNDR

vendid=0x2c9
caguid=0x11
Ca	1 "H-11"		# "node-2 HCA-1"
[1](11) 	"S-1"[1]		# lid 11 lmc 0 "MF0;leaf-a:MQM9700/U1" lid 1 4xNDR
)";

std::string imported(const std::string& network, const ImportOptions& options = {}) {
    const TemporaryFolder folder;
    folder.write("node.xml", nccl_dump_of_h100());
    folder.write("net", network);
    std::string yaml;
    const std::string refusal = refusal_of(
        [&] {
            yaml = import_files({folder.path("node.xml"), folder.path("net")}, options).yaml;
        },
        folder);
    return refusal == accepted ? yaml : refusal;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("import joins ibnetdiscover and a node: switches, cables, and the hosts that are alike", "[import]") {
    const std::string yaml = imported(fabric);
    INFO(yaml);
    const Cluster cluster = read_cluster_text(source_of("out.yaml", yaml));
    CHECK(node_count(cluster) == 2);
    CHECK(cluster.groups.front().node.nics->count == 2);
    const SwitchGraph& graph = std::get<SwitchGraph>(cluster.network->kind);
    CHECK(graph.switches == std::vector<std::string>{"leaf-a", "leaf-b", "spine"});
    REQUIRE(graph.connections.size() == 2);
    CHECK(in_gigabytes_per_second(graph.connections[0].bandwidth) == Approx(100));  // 2 x 400 Gbit/s
    CHECK(graph.attachments.size() == 4);
    CHECK(has(
        yaml,
        "# Network: 3 switches, 11 cables: 4 between switches, 1 to aggregation nodes, 1 to adapters whose name has no host.\n"
        "# Switches: 2 of level 1, 1 of level 2.\n"
        "# Oversubscription of leaves, ports to adapters over ports upwards: 1.5 to 1.5.\n"
        "# Rails: 2 of 2 leaves have the same adapter of all their hosts.\n"));
    CHECK(has(yaml,
              "# Nodes 0 to 1: node-2, node-10.\n# Hosts left out, whose adapters are others than mlx5_0+mlx5_1: login with "
              "mlx5_1.\n"));
}

TEST_CASE("import reads ibnetdiscover -p, where ports that are down have no other end", "[import]") {
    const Cluster cluster = read_cluster_text(source_of("out.yaml", imported(R"(
CA   11  1 0x11 4x EDR - SW  1 10 0x1 ( 'node-1 HCA-1' - 'leaf-a' )
CA   12  1 0x12 4x EDR - SW  2 11 0x2 ( 'node-2 HCA-1' - 'leaf-b' )
SW   1  1 0x1 4x EDR - SW  2  1 0x2 ( 'leaf-a' - 'leaf-b' )
SW   1  7 0x1 4x ???                  'leaf-a'
)")));
    CHECK(std::get<SwitchGraph>(cluster.network->kind).connections.size() == 1);
    CHECK(in_gigabytes_per_second(std::get<SwitchGraph>(cluster.network->kind).connections[0].bandwidth) == Approx(12.5));
}

TEST_CASE("import refuses a network that is wrong at its place", "[import]") {
    CHECK(imported("caguid=0x1\nCa\t1 \"H-1\"\t\t# \"node HCA-1\"\n") ==
          "net:1:1: error: found no switch; expected a fabric, as ibnetdiscover prints all of it");
    CHECK(imported("switchguid=0x1\nSwitch 65 \"S-1\" # \"a\"\n[1] \"H-1\"[1] # \"n mlx5_0\" lid 1 4xWDR\n") ==
          "net:3:33: error: found '4xWDR'; expected a width and a speed, such as 4xNDR");
    CHECK(imported("switchguid=0x1\nSwitch 65 \"S-1\" # \"a\"\nhello world again\n") ==
          "net:3:1: error: found 'hello world again'; expected a device, a port, or NAME=VALUE, as ibnetdiscover prints them");
    CHECK(imported("CA   11  1 0x11 4x EDR - SW  1 10 0x1 ( 'n1 HCA-1' - 'a' )\nCA   12  1 0x12 4x EDR - SW  2 11 0x2 ( 'n2 "
                   "HCA-1' - 'b' )\n") ==
          "net:1:1: error: found no way between switches 'a' and 'b'; expected cables between them: is this all of the fabric?");
    CHECK(imported("SwitchName=a Nodes=n[1-2]\nSwitchName=b Nodes=n[2-3]\n") ==
          "net:2:14: error: found node 'n2' under a and b; expected each node under one leaf");
    CHECK(imported("SwitchName=a Nodes=n[1-2]\nSwitchName=b Nodes=n3\n") ==
          "net:1:1: error: found 2 switches that nothing joins, with 3 nodes; expected one at the top: add the lines of the "
          "upper levels");
    CHECK(imported("SwitchName=a Nodes=n[1-\n") ==
          "net:1:14: error: found 'n[1-'; expected names such as node[01-16], at most 65536");
    CHECK(imported("BlockName=a Nodes=n[1-2]\n") ==
          "net:1:1: error: found 1 blocks of nodes and no switch; expected switches: blocks are NVLink domains, which "
          "node.scale_up.domain says in "
          "a cluster");
    const TemporaryFolder folder;
    CHECK(refusal_of([&] { import_files({folder.write("net", fabric)}, {}); }, folder) ==
          "net:1:1: error: found a network without its nodes; expected a file of one of them beside it: NCCL's topology dump, or "
          "what `nvidia-smi "
          "topo -m` prints");
}

TEST_CASE("import makes a fat tree of SLURM's topology.conf, and asks for what it does not tell", "[import]") {
    const std::string conf =
        "# core\nSwitchName=top Switches=leaf[1-2]\nSwitchName=leaf1 Nodes=n[01-02]\nSwitchName=leaf2 Nodes=n[03-04] "
        "LinkSpeed=1\n";
    CHECK(imported(conf) ==
          "node.xml:1:1: error: found no oversubscription of leaves: --set fabric.oversubscription=1 (what ports downwards carry "
          "over "
          "what ports upwards do); expected what the file does not tell as options");
    const Cluster cluster =
        read_cluster_text(source_of("out.yaml", imported(conf, {{}, {}, {{"fabric.oversubscription", "2"}}})));
    CHECK(node_count(cluster) == 4);
    CHECK(std::get<FatTree>(cluster.network->kind).levels == 2);
    CHECK(std::get<FatTree>(cluster.network->kind).leaf_down_ports == 16);
}

}  // namespace tokenyard
