// SPDX-License-Identifier: Apache-2.0
// A cluster as its owner describes it: nodes, GPUs, scale-up domains, NICs and the network between nodes.
#pragma once

#include "model/faults.hpp"
#include "model/hardware.hpp"
#include "model/parts.hpp"
#include "model/units.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tokenyard {

/// Dense matrix products by the width of their inputs; 0 where the GPU has none.
struct FlopRates {
    FlopRate bf16, fp16, fp8, fp4;
};

struct GpuModel {
    std::string model;
    Bytes memory;
    Bandwidth memory_bandwidth;
    int sms = 0;                                              // streaming multiprocessors; 0: not said
    std::map<std::string, FlopRate, std::less<>> flops = {};  // dense, by dtype: bf16, fp16, fp8, fp4; empty: not said
    std::optional<FileMention> chip = {};                     // the part that says what it costs
};

enum class ScaleUpKind { nvswitch, mesh, pcie };

/// The NVLink or PCIe domain of a GPU.
struct ScaleUp {
    ScaleUpKind kind = ScaleUpKind::nvswitch;
    Bandwidth bandwidth_per_gpu;  // each direction, line rate
    Seconds latency;              // one way, from GPU to GPU
    int domain = 1;               // GPUs in a domain: a multiple or a divisor of the node's GPUs
    int switches = 1;             // pcie: switches in a domain, GPUs in even blocks
    Bandwidth switch_uplink;      // pcie: from a switch to the root, each direction; 0 with one switch
    int planes = 1;               // nvswitch: planes that a GPU's bandwidth is spread evenly over
};

/// A GPU's own link to its host.
struct Pcie {
    Bandwidth bandwidth;           // each direction, line rate
    Seconds latency;               // one way
    int switches = 1;              // of a node, GPUs in even blocks
    Bandwidth switch_uplink = {};  // from a switch to the root, each direction; 0 with one switch
};

struct Nics {
    int count = 0;
    Bandwidth bandwidth;                    // each direction, line rate
    Seconds latency;                        // one way through two NICs, switches not counted
    std::vector<std::vector<int>> of_gpu;   // NICs that each GPU of the node uses, at least one
    std::vector<int> pcie_switch = {};      // the switch that each NIC hangs on; empty where the node has one or none
    std::optional<FileMention> model = {};  // the part that says what it costs
};

/// The NICs that some GPU uses and that are not down, lowest first. GPUs whose own are down go on with these; of a node with a
/// network one at least must be left.
std::vector<int> nics_in_use(const Nics& nics, const std::function<bool(int)>& is_down);

struct Node {
    int gpus = 1;
    GpuModel gpu;
    std::optional<ScaleUp> scale_up;
    std::optional<Pcie> pcie;
    std::optional<Nics> nics;
    std::optional<FileMention> host = {};  // the part that says what it costs
    bool uses_nics_inside = false;         // what GPUs of the node send to each other goes over NICs, as to other nodes
};

struct NodeGroup {
    int count = 1;
    Node node;
};

struct SingleSwitch {};

struct RailOptimized {
    int leaf_ports = 0;
    int leaf_down_ports = 0;
    double oversubscription = 1;
    int spines = 0;  // static ECMP over one uplink to each; 0: adaptive routing, all uplinks are used evenly
};

struct RailOnly {
    int leaf_ports = 0;
};

struct FatTree {
    int levels = 2;
    int leaf_ports = 0;
    int leaf_down_ports = 0;
    double oversubscription = 1;
    int pod_leaves = 0;  // 3 levels only
    double pod_oversubscription = 1;
    int spines = 0;  // as above; of a pod at 3 levels
};

/// Named switches joined by links; who hangs where is spelt out.
struct SwitchGraph {
    struct Attachment {
        int node = 0, nic = 0, switch_index = 0;
    };
    struct Connection {
        int a = 0, b = 0;
        Bandwidth bandwidth;  // each direction, line rate, all parallel cables together
        Seconds latency;      // one way
    };
    std::vector<std::string> switches;
    std::vector<Attachment> attachments;  // one for every NIC
    std::vector<Connection> connections;
};

struct Network {
    std::variant<SingleSwitch, RailOptimized, RailOnly, FatTree, SwitchGraph> kind;
    Seconds hop_latency;  // added for each switch passed
    int hash_seed = 0;    // of static ECMP: another one picks other ways
};

/// Payload over line rate.
struct Efficiency {
    double scale_up = 1, scale_out = 1, pcie = 1;
};

/// What parts cost, all in one currency. Without a price of their own, NICs are in that of their node.
struct Prices {
    Price node, network_switch;
    std::optional<Price> nic;
};

/// What parts draw. Without a power of their own, NICs are in that of their node.
struct Powers {
    Power node, network_switch;
    std::optional<Power> nic;
};

/// Complete and in range: whoever holds one need not check it again.
struct Cluster {
    std::string name, description;
    std::vector<NodeGroup> groups;
    std::optional<Network> network;  // absent when every pair shares a scale-up domain or a node
    Efficiency efficiency;
    std::vector<Fault> faults;
    std::vector<Background> background;
    std::optional<Prices> prices;
    std::optional<Powers> power;
    std::vector<FileMention> libraries;      // that its nodes have
    std::optional<FileMention> calibration;  // costs that go before those of any part, unless another is asked for
    std::vector<std::string> sources;
};

int gpu_count(const Cluster& cluster);
int node_count(const Cluster& cluster);

}  // namespace tokenyard
