// SPDX-License-Identifier: Apache-2.0
// One machine out of NCCL's topology and out of `nvidia-smi topo -m`.
#include "cluster/build_fabric.hpp"
#include "import/import.hpp"
#include "input/input.hpp"
#include "input/source.hpp"
#include "support/files.hpp"
#include "support/machines.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

Cluster imported(const TemporaryFolder& folder, const std::vector<std::string>& names, const ImportOptions& options = {}) {
    std::vector<std::string> paths;
    for (const std::string& name : names) paths.push_back(folder.path(name));
    return read_cluster_text(source_of("out.yaml", import_files(paths, options).yaml));
}

std::string refusal(const std::string& text, const ImportOptions& options = {}) {
    const TemporaryFolder folder;
    folder.write("in", text);
    return refusal_of([&] { import_files({folder.path("in")}, options); }, folder);
}

/// What only the shipped cluster says, so that links can be compared to the last one.
void check_same_links(const Cluster& one, const Cluster& other) {
    const Fabric fabric = build_fabric(one), reference = build_fabric(other);
    REQUIRE(fabric.links.size() == reference.links.size());
    for (std::size_t link = 0; link < fabric.links.size(); ++link) {
        INFO(reference.links[link].name);
        CHECK(fabric.links[link].name == reference.links[link].name);
        CHECK(fabric.links[link].capacity.si == Approx(reference.links[link].capacity.si));
        CHECK(fabric.links[link].latency.si == Approx(reference.links[link].latency.si));
    }
    CHECK(one.groups.front().node.nics->of_gpu == other.groups.front().node.nics->of_gpu);
    CHECK(one.groups.front().node.nics->model->name == other.groups.front().node.nics->model->name);
    CHECK(one.groups.front().node.gpu.chip->name == other.groups.front().node.gpu.chip->name);
    CHECK(one.groups.front().node.gpu.memory.si == other.groups.front().node.gpu.memory.si);
    CHECK(one.groups.front().node.host->name == other.groups.front().node.host->name);
}

Cluster one_dgx_h100() { return std::get<Cluster>(read_one("dgx_h100_x4", {{"nodes", "1"}})); }

const std::vector<Override> h100_by_hand{
    {"node.gpu.chip", "h100_sxm"}, {"node.nics.model", "cx7"}, {"node.nics.bandwidth", "400 Gbit/s"}};

/// A machine of 4 GPUs: two on each PCIe switch, with a NIC that both share; links between GPUs as they are given.
std::string small_dump(const std::string& links_of_0, const std::string& links_of_1) {
    const std::string bridge = "<pci busid=\"0000:{}0:00.0\" class=\"0x060400\" link_speed=\"16.0 GT/s PCIe\" link_width=\"16\">";
    std::string text = "<system version=\"1\">\n<cpu numaid=\"0\" arch=\"x86_64\" vendor=\"AuthenticAMD\">\n";
    for (int half = 0; half < 2; ++half) {
        text += "<pci busid=\"0000:" + std::to_string(half) +
                "0:00.0\" class=\"0x060400\" link_speed=\"16.0 GT/s PCIe\" link_width=\"16\">\n";
        for (int gpu = 2 * half; gpu < 2 * half + 2; ++gpu)
            text += "<pci busid=\"gpu" + std::to_string(gpu) +
                    "\" class=\"0x030200\" vendor=\"0x10de\" device=\"0x2230\" link_speed=\"16.0 GT/s PCIe\" "
                    "link_width=\"16\"><gpu dev=\"" +
                    std::to_string(gpu) + "\" sm=\"86\">" +
                    (gpu == 0   ? links_of_0
                     : gpu == 1 ? links_of_1
                                : "") +
                    "</gpu></pci>\n";
        text += "<pci busid=\"nic" + std::to_string(half) +
                "\" class=\"0x020700\" vendor=\"0x15b3\" device=\"0x101b\"><nic><net name=\"mlx5_" + std::to_string(half) +
                "\" dev=\"" + std::to_string(half) + "\" speed=\"200000\" gdr=\"1\"/></nic></pci>\n</pci>\n";
    }
    return text + "</cpu>\n</system>\n";
}

}  // namespace

TEST_CASE("import of NCCL's dump of 8 H100 gives the links of the shipped cluster", "[import]") {
    const TemporaryFolder folder;
    folder.write("node.xml", nccl_dump_of_h100());
    check_same_links(imported(folder, {"node.xml"}), one_dgx_h100());
}

TEST_CASE("import of nvidia-smi topo -m of 8 H100 gives them too, once told the GPU and the NICs", "[import]") {
    const TemporaryFolder folder;
    for (const bool has_colours : {false, true}) {
        folder.write("topo.txt", nvidia_smi_topo_of_h100(has_colours));
        check_same_links(imported(folder, {"topo.txt"}, {{}, {}, h100_by_hand}), one_dgx_h100());
    }
}

TEST_CASE("import joins a dump without NICs and nvidia-smi topo -m", "[import]") {
    const TemporaryFolder folder;
    std::string dump = nccl_dump_of_h100();
    for (std::size_t at = 0; (at = dump.find("<nic><net name=\"mlx5")) != std::string::npos;)
        dump.erase(at, dump.find("</nic>", at) + 6 - at);
    folder.write("node.xml", dump);
    folder.write("topo.txt", nvidia_smi_topo_of_h100());
    CHECK_FALSE(imported(folder, {"node.xml"}).groups.front().node.nics);
    check_same_links(
        imported(folder, {"topo.txt", "node.xml"}, {{}, {}, {{"node.nics.model", "cx7"}, {"node.nics.bandwidth", "400 Gbit/s"}}}),
        one_dgx_h100());
}

TEST_CASE("import takes NICs that a file does not show from the command line", "[import]") {
    const TemporaryFolder folder;
    const std::string topo = "\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity\nGPU0\t X \tNV18\t0-3\t0\nGPU1\tNV18\t X \t0-3\t0\n";
    folder.write("topo.txt", topo);
    const Node node =
        imported(folder, {"topo.txt"},
                 {{}, {}, {{"node.gpu.chip", "h100_sxm"}, {"node.nics.count", "2"}, {"node.nics.bandwidth", "400 Gbit/s"}}})
            .groups.front()
            .node;
    CHECK(node.nics->of_gpu == std::vector<std::vector<int>>{{0}, {1}});
    CHECK(refusal(topo, {{}, {}, h100_by_hand}) ==
          "in:1:1: error: found no NIC in it: --set node.nics.count=8; expected what the file does not tell as options");
}

TEST_CASE("import of GPUs without NVLink gives PCIe switches and NICs that two GPUs share", "[import]") {
    const TemporaryFolder folder;
    folder.write("node.xml", small_dump("", ""));
    const Node node = imported(folder, {"node.xml"}).groups.front().node;
    CHECK(node.scale_up->kind == ScaleUpKind::pcie);
    CHECK(in_gigabytes_per_second(node.scale_up->bandwidth_per_gpu) == Approx(16 * 16 * 128 / 130.0 / 8).epsilon(1e-3));
    CHECK(node.scale_up->switches == 2);
    CHECK(node.nics->of_gpu == std::vector<std::vector<int>>{{0}, {0}, {1}, {1}});
    CHECK(node.nics->pcie_switch == std::vector<int>{0, 1});
    CHECK(node.nics->model->name == "cx6");
}

TEST_CASE("import refuses NVLink that a cluster file cannot say, and takes what is asked for instead", "[import]") {
    const std::string dump = small_dump("<nvlink target=\"gpu1\" count=\"4\" tclass=\"0x030000\"/>",
                                        "<nvlink target=\"gpu0\" count=\"4\" tclass=\"0x030000\"/>");
    CHECK(
        refusal(dump) ==
        "in:1:1: error: found links between GPUs 0-1: 4, which a cluster file cannot say; expected --set node.scale_up.kind=mesh "
        "(as if each GPU had an even share of its links to every other one), nvswitch, or pcie to leave them out");
    CHECK(refusal(dump, {{}, {}, {{"node.scale_up.kind", "pcie"}}}) == accepted);
}

TEST_CASE("import says what a file for NCCL_TOPO_FILE does not tell", "[import]") {
    const std::string text =
        "<system version=\"1\"><cpu numaid=\"0\"><pci busid=\"a\" class=\"0x060400\"><pci busid=\"b\" class=\"0x030200\"/>"
        "<pci busid=\"c\" class=\"0x020700\"/></pci></cpu></system>";
    CHECK(
        refusal(text) ==
        "in:1:1: error: found no GPU model: --set node.gpu.chip=CHIP (one of a100_sxm, h100_sxm, h800_sxm, h200_sxm, h20, gh200, "
        "b200_sxm, gb200, b300_sxm, gb300, rtx_pro_6000, l40s, mi300x, mi325x; or node.gpu.model, node.gpu.memory and "
        "node.gpu.memory_bandwidth), no speed of the NICs nic0: "
        "--set "
        "node.nics.bandwidth='400 Gbit/s' (node.nics=~ leaves them out); expected what the file does not tell as options");
    CHECK(refusal(text, {{}, {}, h100_by_hand}) == accepted);
}

TEST_CASE("import refuses what is wrong in a file at its place", "[import]") {
    CHECK(refusal("<system><cpu>") == "in:1:13: error: found no XML (Start-end tags mismatch); expected NCCL's <system>");
    CHECK(refusal("<system version=\"1\"><cpu numaid=\"0\"></cpu></system>") ==
          "in:1:2: error: found no GPU; expected at least one, as NCCL_TOPO_DUMP_FILE writes them");
    CHECK(refusal("<graphs version=\"1\"><graph id=\"0\"/></graphs>") ==
          "in:1:1: error: found what NCCL_GRAPH_DUMP_FILE writes, NCCL's rings and trees; it does not tell the machine: dump its "
          "topology with "
          "NCCL_TOPO_DUMP_FILE, which `tokenyard import` reads");
    CHECK(refusal("hello\n") ==
          "in:1:1: error: found no file of a kind that is known; expected one of: chakra, nccl-topology, hwloc, nvidia-smi-topo, "
          "ibnetdiscover, "
          "slurm-topology, nccl-tests, nccl-tests-json, osu, collectivex, deepep, netq, kineto, execution-trace, infragraph, "
          "topograph, aiconfigurator, "
          "astra-sim-network, simai-topology, hf-config "
          "(--as "
          "KIND says which)");
    const std::string head = "\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity\n";
    CHECK(refusal(head + "GPU0\t X \tNV4\t0-3\t0\nGPU1\tNV2\t X \t0-3\t0\n") ==
          "in:3:6: error: found 'NV2', which differs from the other way round; expected a symmetric matrix");
    CHECK(refusal(head + "GPU0\t X \tNVX\t0-3\t0\n") ==
          "in:2:10: error: found 'NVX'; expected X, NV and a number, PIX, PXB, PHB, NODE or SYS");
    CHECK(refusal(head + "GPU0\t X \n") == "in:2:1: error: found 1 cells in the row GPU0; expected 2");
    CHECK(refusal(head + "GPU0\t X \tNV4\t0-3\t0\n") == "in:1:1: error: found 1 rows below 2 columns; expected as many");
    CHECK(refusal(nccl_dump_of_h100(), {{}, {"mlx9"}, {}}) ==
          "in:1:1: error: found no NIC 'mlx9'; expected --nics out of: mlx5_0, mlx5_1, mlx5_2, mlx5_3, mlx5_4, mlx5_5, mlx5_6, "
          "mlx5_7, eth0");
    CHECK(refusal(nccl_dump_of_h100(), {{}, {}, {{"node.nics.bandwidth", "400"}}}) ==
          "the cluster that is written:28:16: error: found '400'; expected a bandwidth with its unit, such as 400 Gbit/s or 50 "
          "GB/s");
}

}  // namespace tokenyard
