#include "model/cluster.hpp"

namespace tokenyard {

int gpu_count(const Cluster& cluster) {
    int total = 0;
    for (const NodeGroup& group : cluster.groups) total += group.count * group.node.gpus;
    return total;
}

int node_count(const Cluster& cluster) {
    int total = 0;
    for (const NodeGroup& group : cluster.groups) total += group.count;
    return total;
}

}  // namespace tokenyard
