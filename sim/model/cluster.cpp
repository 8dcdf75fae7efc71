// SPDX-License-Identifier: Apache-2.0
#include "model/cluster.hpp"

#include <set>

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

std::vector<int> nics_in_use(const Nics& nics, const std::function<bool(int)>& is_down) {
    std::set<int> in_use;
    for (const std::vector<int>& of_gpu : nics.of_gpu)
        for (const int nic : of_gpu)
            if (!is_down(nic)) in_use.insert(nic);
    return {in_use.begin(), in_use.end()};
}

}  // namespace tokenyard
