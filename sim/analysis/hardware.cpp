// SPDX-License-Identifier: Apache-2.0
#include "analysis/analyse.hpp"

#include <algorithm>

namespace tokenyard {

Hardware hardware_of(const Cluster& cluster, const Fabric& fabric, int nodes) {
    Hardware hardware;
    hardware.switches = fabric.switch_count;
    int left = nodes;
    for (const NodeGroup& group : cluster.groups) {
        const int count = std::min(left, group.count);
        hardware.gpus += count * group.node.gpus;
        hardware.nics += group.node.nics ? count * group.node.nics->count : 0;
        left -= count;
    }
    const auto sum = [&](const auto& node, const auto& nic, const auto& network_switch) {
        return node * nodes + nic * hardware.nics + network_switch * hardware.switches;
    };
    if (const std::optional<Prices>& prices = cluster.prices)
        hardware.price = Price{sum(prices->node.amount, prices->nic.value_or(Price{}).amount, prices->network_switch.amount),
                               prices->node.currency};
    if (const std::optional<Powers>& power = cluster.power)
        hardware.power = sum(power->node, power->nic.value_or(Power{}), power->network_switch);
    return hardware;
}

}  // namespace tokenyard
