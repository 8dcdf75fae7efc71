// SPDX-License-Identifier: Apache-2.0
// What a PCI device is, and which shipped files stand for it.
#pragma once

#include "import/machine.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct KnownGpu {
    std::string_view device;  // PCI vendor and device
    std::string_view model;
    std::string_view chip;                      // part; empty: none is shipped
    std::string_view cluster;                   // shipped, of the same GPU or the nearest to it
    int sm = 0;                                 // compute capability times 10; 0: not NVIDIA's
    std::string_view memory, memory_bandwidth;  // as YAML; empty: the chip says it
    double fastest_pcie = 0;                    // GT/s of its connector; 0: not said
    std::string_view source = {};               // of what stands here; empty where a chip says it
};

/// By its PCI device, else nullptr.
const KnownGpu* gpu_of_device(std::string_view device);

/// The first with that part, else nullptr.
const KnownGpu* gpu_of_chip(std::string_view chip);

/// Parts of chips that are known, for messages.
std::string known_chips();

/// The nominal rate of an NVLink or an xGMI link, each direction.
std::optional<Bandwidth> link_rate(const MachineGpu& gpu, const KnownGpu* known);

struct KnownNic {
    std::string_view device, model, part;  // `nominal` where none is shipped
};
const KnownNic* nic_of_device(std::string_view device);

}  // namespace tokenyard
