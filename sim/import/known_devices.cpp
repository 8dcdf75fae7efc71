// SPDX-License-Identifier: Apache-2.0
#include "import/known_devices.hpp"

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

// Devices: the PCI ID repository (pci-ids.ucw.cz). Shipped chips and clusters name the sources of all else.
constexpr std::array known_gpus{
    KnownGpu{"10de:20b0", "A100 SXM4 40GB", "a100_sxm", "dgx_a100_x4", 80, "40 GB", "1.555 TB/s", 0,
             "NVIDIA A100 Tensor Core GPU data sheet, A100 40GB SXM: 40 GB, 1,555 GB/s"},
    KnownGpu{"10de:20b2", "A100 SXM4 80GB", "a100_sxm", "dgx_a100_x4", 80, "", ""},
    KnownGpu{"10de:2330", "H100 SXM5 80GB", "h100_sxm", "dgx_h100_x4", 90, "", ""},
    KnownGpu{"10de:2324", "H800 SXM5 80GB", "h800_sxm", "h800_x8", 90, "", ""},
    KnownGpu{"10de:2335", "H200 SXM 141GB", "h200_sxm", "hgx_h200_x4", 90, "", ""},
    KnownGpu{"10de:2329", "H20 96GB", "h20", "hgx_h20_x2", 90, "", ""},
    KnownGpu{"10de:2342", "GH200 96GB", "gh200", "alps_gh200_x2", 90, "", ""},
    KnownGpu{"10de:2901", "B200 SXM 180GB", "b200_sxm", "dgx_b200_x4", 100, "", ""},
    KnownGpu{"10de:2941", "GB200 186GB", "gb200", "gb200_nvl72", 100, "", ""},
    KnownGpu{"10de:3182", "B300 SXM 288GB", "b300_sxm", "dgx_b300_x4", 103, "", ""},
    KnownGpu{"10de:31c2", "GB300 288GB", "gb300", "gb300_nvl72", 103, "", ""},
    KnownGpu{"10de:2bb5", "RTX PRO 6000 Blackwell 96GB", "rtx_pro_6000", "rtx_pro_6000_pcie_x8", 120, "", "", 32},
    KnownGpu{"10de:26b9", "L40S 48GB", "l40s", "l40s_pcie_x8", 89, "", "", 16},
    KnownGpu{"10de:26ba", "L20 48GB", "", "l40s_pcie_x8", 89, "48 GB", "864 GB/s", 16,
             "NVIDIA L20 data sheet: 48 GB of GDDR6, 864 GB/s, PCIe Gen4 x16"},
    KnownGpu{"10de:26b1", "RTX 6000 Ada 48GB", "", "l40s_pcie_x8", 89, "48 GB", "960 GB/s", 16,
             "NVIDIA RTX 6000 Ada Generation data sheet: 48 GB of GDDR6, 960 GB/s, PCIe 4.0 x16"},
    KnownGpu{"10de:2230", "RTX A6000 48GB", "", "l40s_pcie_x8", 86, "48 GB", "768 GB/s", 16,
             "NVIDIA RTX A6000 data sheet: 48 GB of GDDR6, 768 GB/s, PCI Express Gen 4 x16, NVLink 112.5 GB/s both directions "
             "together"},
    KnownGpu{"10de:2e12", "GB10 128GB", "", "l40s_pcie_x8", 121, "128 GB", "273 GB/s", 0,
             "NVIDIA DGX Spark data sheet: 128 GB of LPDDR5x, 273 GB/s"},
    KnownGpu{"1002:74a1", "MI300X 192GB", "mi300x", "mi300x_x8", 0, "", ""},
    KnownGpu{"1002:74b5", "MI300X 192GB", "mi300x", "mi300x_x8", 0, "", ""},
    KnownGpu{"1002:74a5", "MI325X 256GB", "mi325x", "mi325x_x8", 0, "", ""},
    KnownGpu{"1002:740c", "MI250X, one of its two dies", "", "mi300x_x8", 0, "64 GB", "1.6 TB/s", 0,
             "AMD Instinct MI250X data sheet: 128 GB of HBM2e, 3.2 TB/s, for both dies"},
};

constexpr std::array known_nics{
    KnownNic{"15b3:101b", "ConnectX-6", "cx6"}, KnownNic{"15b3:101d", "ConnectX-6 Dx", "cx6"},
    KnownNic{"15b3:1021", "ConnectX-7", "cx7"}, KnownNic{"15b3:1023", "ConnectX-8", "cx8"},
    KnownNic{"14e4:1760", "Thor 2", "thor2"},   KnownNic{"17db:0501", "Slingshot 11", "slingshot_11"},
    KnownNic{"1d0f:efa0", "EFA", "efa"},
};

}  // namespace

const KnownGpu* gpu_of_device(std::string_view device) {
    const auto found = std::ranges::find(known_gpus, device, &KnownGpu::device);
    return found == known_gpus.end() ? nullptr : &*found;
}

const KnownGpu* gpu_of_chip(std::string_view chip) {
    const KnownGpu* first = nullptr;
    for (const KnownGpu& gpu : known_gpus) {
        if (gpu.chip != chip || chip.empty()) continue;
        if (!first) first = &gpu;
        if (gpu.memory.empty()) return &gpu;  // the one that the chip's facts are of
    }
    return first;
}

std::string known_chips() {
    std::vector<std::string_view> chips;
    for (const KnownGpu& gpu : known_gpus)
        if (!gpu.chip.empty() && std::ranges::find(chips, gpu.chip) == chips.end()) chips.push_back(gpu.chip);
    std::string names;
    for (const std::string_view chip : chips) names += (names.empty() ? "" : ", ") + std::string(chip);
    return names;
}

std::optional<Bandwidth> link_rate(const MachineGpu& gpu, const KnownGpu* known) {
    // xGMI: 16 lanes of 32 GT/s on MI300X; 25 GT/s and 23 GT/s on MI250X and MI100 (AMD's data sheets: 128, 100 and 92 GB/s both
    // ways).
    for (const auto& [name, rate] : {std::pair{"gfx942", 64.0}, std::pair{"942", 64.0}, std::pair{"gfx90a", 50.0},
                                     std::pair{"910", 50.0}, std::pair{"gfx908", 46.0}, std::pair{"908", 46.0}})
        if (gpu.gcn == name) return gigabytes_per_second(rate);
    if (!gpu.gcn.empty()) return {};
    // NVLink 2, 3, 3 of RTX A6000 (112.5 GB/s both ways by 4 links), 4, 5; NVIDIA's data sheets.
    const int sm = gpu.sm > 0 ? gpu.sm : known ? known->sm : 0;
    for (const auto& [generation, rate] : {std::pair{70, 25.0}, std::pair{80, 25.0}, std::pair{86, 14.0625}, std::pair{90, 25.0},
                                           std::pair{100, 50.0}, std::pair{103, 50.0}})
        if (sm == generation) return gigabytes_per_second(rate);
    return {};
}

const KnownNic* nic_of_device(std::string_view device) {
    const auto found = std::ranges::find(known_nics, device, &KnownNic::device);
    return found == known_nics.end() ? nullptr : &*found;
}

}  // namespace tokenyard
