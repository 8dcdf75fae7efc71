// SPDX-License-Identifier: Apache-2.0
#include "import/machine.hpp"

#include <algorithm>

namespace tokenyard {

void find_nic_distances(Machine& machine) {
    for (const MachineGpu& gpu : machine.gpus) {
        std::vector<int>& row = machine.nic_distance.emplace_back();
        for (const MachineNic& nic : machine.nics) {
            const auto parted = std::ranges::mismatch(gpu.bridges, nic.bridges);
            const long shared = parted.in1 - gpu.bridges.begin();
            const long apart = std::ssize(gpu.bridges) + std::ssize(nic.bridges) - 2 * shared;
            row.push_back(shared > 0             ? static_cast<int>(apart) + distance::one_bridge
                          : gpu.numa == nic.numa ? distance::same_numa
                                                 : distance::other_numa);
        }
    }
}

}  // namespace tokenyard
