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

std::vector<int> node_of_each_rank(const Cluster& cluster) {
    std::vector<int> nodes;
    int node = 0;
    for (const NodeGroup& group : cluster.groups)
        for (int in_group = 0; in_group < group.count; ++in_group, ++node)
            nodes.insert(nodes.end(), static_cast<std::size_t>(group.node.gpus), node);
    return nodes;
}

}  // namespace tokenyard
