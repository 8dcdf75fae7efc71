// SPDX-License-Identifier: Apache-2.0
// One machine as a tool of its vendor describes it: what is there, and what hangs on what.
#pragma once

#include "input/error.hpp"
#include "model/units.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// How far a NIC is from a GPU. Below `host_bridge` it is the number of PCIe bridges between.
namespace distance {
inline constexpr int one_bridge = 1, bridges = 2, host_bridge = 90, same_numa = 100, other_numa = 200;
}

struct MachineGpu {
    int index = 0;
    std::string device;  // "10de:2330", empty where it is not told
    std::string bus;     // of a PCI device
    int sm = 0;          // NVIDIA's compute capability times 10; 0: not told
    std::string gcn;     // AMD's name of the architecture
    int numa = -1;
    std::optional<Bandwidth> pcie;       // of its own link, each direction
    std::string pcie_name;               // "32 GT/s x16"
    std::optional<Bandwidth> c2c;        // to its CPU
    std::vector<int> bridges;            // from the host bridge to the GPU
    std::map<std::string, int> links;    // NVLinks or xGMI links by what they lead to: the bus of a GPU, or of a switch
    std::map<std::string, bool> is_gpu;  // of what they lead to, as the file says it
};

struct MachineNic {
    std::string name;
    std::string device;              // as above
    std::optional<Bandwidth> speed;  // of a port
    bool is_rdma = true;             // false for a network interface without remote access to memory
    bool is_virtual = false;         // a bridge, a tunnel, a virtual pair
    int numa = -1;
    std::vector<int> bridges;
};

struct Bridge {
    std::optional<Bandwidth> uplink;  // of the port that leads to the CPU
};

/// Links between GPUs, where a file has their rate and not which there are.
struct ToldLinks {
    std::string kind;  // of node.scale_up; empty: as the shipped cluster of the GPU has it
    Bandwidth of_gpu;  // each direction
    std::string told_by;
    std::optional<Seconds> latency;
    int domain = 0;  // GPUs that the links join, over nodes; 0: those of a node
};

struct Machine {
    Position at;          // of the file
    std::string made_by;  // "`nvidia-smi topo -m`"
    std::vector<MachineGpu> gpus;
    std::vector<MachineNic> nics;
    std::vector<Bridge> bridges;
    std::vector<std::vector<int>> nic_distance;  // of a GPU (row) and a NIC
    bool tells_links = true;                     // whether it says which NVLinks there are
    bool tells_switches = true;                  // whether it says which PCIe switches there are
    std::optional<ToldLinks> told_links;
    std::string gpu_told_by;         // what a GPU's `device` is from, unless it is a PCI device
    int nodes = 1;                   // that are alike
    std::string nodes_joined_by;     // kind of fabric, where there are several; empty: not told
    std::string cpu;                 // "intel", "amd", "arm", or empty
    std::vector<std::string> notes;  // what a user should know of it
    std::string instead;             // a file that tells more than this one, where there is one
};

/// Fills `nic_distance` from the bridges that GPUs and NICs hang on, and else from their NUMA nodes.
void find_nic_distances(Machine& machine);

}  // namespace tokenyard
