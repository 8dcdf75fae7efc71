// SPDX-License-Identifier: Apache-2.0
// NVLink or xGMI of a machine as a cluster file can say it.
#pragma once

#include "import/machine.hpp"

#include <string>

namespace tokenyard {

struct Links {
    enum class Shape {
        none,      // PCIe only
        untold,    // the file does not say
        nvswitch,  // all GPUs on switches
        mesh,      // the same number of links between every two GPUs
        islands,   // the same inside equal blocks of GPUs, none between them
        uneven,    // anything else
    };
    Shape shape = Shape::none;
    int of_gpu = 0;         // links of the GPU that has the fewest
    int domain = 0;         // GPUs
    int switches = 0;       // that a GPU's links go to evenly; 0: not evenly, or not told
    std::string text = {};  // "18 links of each GPU to 4 switches (5, 5, 4, 4)"
};

/// Pre: the machine has a GPU.
Links links_of(const Machine& machine);

}  // namespace tokenyard
