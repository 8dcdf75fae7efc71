// SPDX-License-Identifier: Apache-2.0
#include "support/clusters.hpp"

namespace tokenyard {

Node nvswitch_node(int gpus) {
    Node node;
    node.gpus = gpus;
    node.gpu = {"test", bytes(80e9), gigabytes_per_second(3000), 0, {}};
    if (gpus > 1) node.scale_up = ScaleUp{ScaleUpKind::nvswitch, gigabytes_per_second(100), {}, gpus, 1, {}};
    Nics nics{gpus, gigabytes_per_second(50), {}, {}};
    for (int gpu = 0; gpu < gpus; ++gpu) nics.of_gpu.push_back({gpu});
    node.nics = nics;
    return node;
}

Cluster single_switch_cluster(int nodes, int gpus_per_node) {
    Cluster cluster;
    cluster.name = "test";
    cluster.groups = {{nodes, nvswitch_node(gpus_per_node)}};
    if (nodes > 1) cluster.network = Network{SingleSwitch{}, {}};
    return cluster;
}

VolumeMatrix volumes_from(std::initializer_list<std::initializer_list<double>> rows) {
    VolumeMatrix volumes(static_cast<int>(rows.size()), static_cast<int>(rows.size()));
    int row = 0;
    for (const auto& cells : rows) {
        int column = 0;
        for (const double cell : cells) volumes.at(row, column++) = bytes(cell);
        ++row;
    }
    return volumes;
}

VolumeMatrix uniform_volumes(int ranks, double bytes_a_pair) {
    VolumeMatrix volumes(ranks, ranks);
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination)
            if (source != destination) volumes.at(source, destination) = bytes(bytes_a_pair);
    return volumes;
}

}  // namespace tokenyard
