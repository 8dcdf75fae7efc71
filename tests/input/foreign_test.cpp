// SPDX-License-Identifier: Apache-2.0
// Files of other programs are told by what is in them, wherever they are given.
#include "input/foreign.hpp"
#include "input/input.hpp"
#include "support/machines.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

struct Sample {
    const char *kind, *text;
};
const Sample samples[] = {
    {"npy", "\x93NUMPY\x01"},
    {"zip", "PK\x03\x04"},
    {"routing-csv", "rank,experts\n0,1 2\n"},
    {"nccl-graph", "<graphs version=\"1\">\n  <graph id=\"0\" pattern=\"4\"/>\n</graphs>\n"},
    {"nccl-topology", "<!-- made by hand -->\n\n<system version=\"1\">\n  <cpu numaid=\"0\"/>\n</system>\n"},
    {"hwloc", "<?xml version=\"1.0\"?>\n<topology version=\"2.0\">\n  <object type=\"Machine\"/>\n</topology>\n"},
    {"nvidia-smi-topo", "$ nvidia-smi topo -m\n\t\x1b[4mGPU0\tCPU Affinity\tNUMA Affinity\x1b[0m\nGPU0\t X \t0-3\t0\n"},
    {"ibnetdiscover", "vendid=0x2c9\nswitchguid=0x1(1)\nSwitch\t65 \"S-1\"\n"},
    {"ibnetdiscover", "SW   1  1 0x1 4x EDR - SW  2  1 0x2 ( 'a' - 'b' )\n"},
    {"slurm-topology", "# core\nSwitchName=a Nodes=n[1-2]\n"},
    {"slurm-topology", "BlockName=a Nodes=n[1-2]\n"},
    {"nccl-tests", "#       out-of-place\n# size count type time algbw busbw error\n"},
    {"osu", "# OSU MPI All-to-All Personalized Exchange Latency Test v7.4\n"},
    {"netq", "[{\"links\": [{\"compounded_links\": []}]}]\n"},
    {"kineto", "{\"schemaVersion\": 1, \"deviceProperties\": [], \"traceEvents\": []}\n"},
    {"execution-trace", "{\"schema\": \"1.0.1\", \"nodes\": [{\"op_schema\": \"\"}]}\n"},
    {"routing-jsonl", "{\"provenance\": {\"dispatch_layer_mapping\": \"x\"}}\n"},
    {"infragraph", "devices:\n  - name: a\n    components:\n    links:\n"},
    {"topograph", "# a tree\nswitches:\n  a:\n    switches:\nblocks:\n- switch: a\n"},
    {"aiconfigurator", "data_dir: data/x\nnode:\n  inter_node_bw: 50000000000\n"},
    {"astra-sim-network", "topology: [ Switch ]\nnpus_count: [ 8 ]\n"},
    {"astra-sim-system", "{\"all-to-all-implementation\": [\"ring\"]}\n"},
    {"simai-workload", "HYBRID_TRANSFORMER_FWD_IN_BCKWD model_parallel_NPU_group: 2\n"},
    {"simai-topology", "18 8 1 9 24 H100\n8 9 \n0 8 2880Gbps 0.000025ms 0\n"},
};

}  // namespace

TEST_CASE("foreign_kind_of names each kind of file", "[input][foreign]") {
    for (const Sample& sample : samples) {
        INFO(sample.text);
        const ForeignKind* kind = foreign_kind_of(sample.text);
        REQUIRE(kind);
        CHECK(kind->name == sample.kind);
    }
}

TEST_CASE("foreign_kind_of takes nothing of ours for foreign", "[input][foreign]") {
    CHECK_FALSE(foreign_kind_of(small_cluster));
    CHECK_FALSE(foreign_kind_of(small_workload));
    CHECK_FALSE(foreign_kind_of("0 1\n1 0\n"));
    CHECK_FALSE(foreign_kind_of(""));
}

TEST_CASE("a foreign file is named where it is given as a cluster, a workload or a matrix", "[input][foreign]") {
    const TemporaryFolder folder;
    const std::string cluster = folder.write("c.yaml", small_cluster),
                      topo = folder.write("topo.txt", nvidia_smi_topo_of_h100(true));
    const std::string system = folder.write("h100.yaml", "data_dir: data/h100\nnode:\n  intra_node_bw: 450000000000\n");
    const std::string named = "topo.txt:1:1: error: found an nvidia-smi topology; `tokenyard import` reads it";
    CHECK(refusal_of([&] { read_one(topo, {}); }, folder) == named);
    CHECK(refusal_of([&] { read_case(cluster, topo, {}); }, folder) == named);
    CHECK(refusal_of([&] { read_matrix_case(cluster, topo, {}); }, folder) == named);
    CHECK(refusal_of([&] { read_case(system, cluster, {}); }, folder) ==
          "h100.yaml:1:1: error: found an aiconfigurator system file; `tokenyard import` reads it");
    CHECK(refusal_of([&] { read_one(folder.write("ids", "\x93NUMPY\x01"), {}); }, folder) ==
          "ids:1:1: error: found a NumPy array; `predict --routing FILE` reads it where it is of routed expert ids (routing kind "
          "trace)");
}

}  // namespace tokenyard
