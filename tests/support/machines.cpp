// SPDX-License-Identifier: Apache-2.0
#include "support/machines.hpp"

#include <fmt/format.h>

namespace tokenyard {

std::string nccl_dump_of_h100() {
    std::string text = "<system version=\"1\">\n";
    const auto pci = [](const std::string& bus, const std::string& kind, const std::string& vendor, const std::string& device) {
        return fmt::format(
            "<pci busid=\"{}\" class=\"{}\" vendor=\"{}\" device=\"{}\" link_speed=\"32.0 GT/s PCIe\" link_width=\"16\">", bus,
            kind, vendor, device);
    };
    for (int numa = 0; numa < 2; ++numa) {
        text += fmt::format(
            "<cpu host_hash=\"0x1\" numaid=\"{}\" arch=\"x86_64\" vendor=\"GenuineIntel\" familyid=\"6\" modelid=\"143\">\n",
            numa);
        for (int gpu = 4 * numa; gpu < 4 * numa + 4; ++gpu) {
            text += pci(fmt::format("0000:{}0:00.0", gpu + 1), "0x060400", "0x1000", "0xc030") + "\n";
            text += pci(fmt::format("0000:{}1:00.0", gpu + 1), "0x030200", "0x10de", "0x2330");
            text += fmt::format("<gpu dev=\"{}\" sm=\"90\" rank=\"{}\" gdr=\"1\">", gpu, gpu);
            for (int nvswitch = 0; nvswitch < 4; ++nvswitch)
                text += fmt::format("<nvlink target=\"0000:a{}:00.0\" count=\"{}\" tclass=\"0x068000\"/>", nvswitch,
                                    nvswitch < 2 ? 5 : 4);
            text += "</gpu></pci>\n" + pci(fmt::format("0000:{}2:00.0", gpu + 1), "0x020700", "0x15b3", "0x1021");
            text += fmt::format(
                "<nic><net name=\"mlx5_{}\" dev=\"{}\" speed=\"400000\" port=\"1\" guid=\"0x{}\" maxconn=\"131072\" "
                "gdr=\"1\"/></nic>",
                gpu, gpu, gpu + 1);
            text += "</pci></pci>\n";
        }
        text +=
            "<nic><net name=\"eth0\" dev=\"8\" speed=\"10000\" port=\"0\" guid=\"0x0\" maxconn=\"65536\" "
            "gdr=\"0\"/></nic>\n</cpu>\n";
    }
    return text + "</system>\n";
}

std::string nvidia_smi_topo_of_h100(bool has_colours) {
    std::string text = has_colours ? "\t\x1b[4mGPU0" : "\tGPU0";
    for (int gpu = 1; gpu < 8; ++gpu) text += fmt::format("\tGPU{}", gpu);
    for (int nic = 0; nic < 8; ++nic) text += fmt::format("\tNIC{}", nic);
    text += fmt::format("\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID{}\n", has_colours ? "\x1b[0m" : "");
    const auto far = [](int a, int b) { return a == b ? "PIX" : a / 4 == b / 4 ? "NODE" : "SYS"; };
    for (int row = 0; row < 16; ++row) {
        text += row < 8 ? fmt::format("GPU{}", row) : fmt::format("NIC{}", row - 8);
        for (int column = 0; column < 16; ++column)
            text += fmt::format("\t{}", row == column             ? " X "
                                        : row < 8 && column < 8   ? "NV18"
                                        : row >= 8 && column >= 8 ? (row / 4 == column / 4 ? "NODE" : "SYS")
                                                                  : far(row % 8, column % 8));
        text += row < 8 ? fmt::format("\t{}\t{}\t\tN/A\n", row < 4 ? "0-47" : "", row / 4) : "\t\t\t\t\n";
    }
    text += "\nLegend:\n\n  X    = Self\n  NV#  = Connection traversing a bonded set of # NVLinks\n\nNIC Legend:\n\n";
    for (int nic = 0; nic < 8; ++nic) text += fmt::format("  NIC{}: mlx5_{}\n", nic, nic);
    return text;
}

}  // namespace tokenyard
