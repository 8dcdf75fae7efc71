// SPDX-License-Identifier: Apache-2.0
#include "place/eplb.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace tokenyard {
namespace {

using Bins = std::vector<std::vector<int>>;

/// Items in `bins` bins of equally many, heaviest first, each to the least loaded bin that has room. One each: in their order.
Bins pack(const std::vector<double>& weights, int bins) {
    const std::size_t room = weights.size() / static_cast<std::size_t>(bins);
    std::vector<int> order(weights.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return weights[static_cast<std::size_t>(a)] > weights[static_cast<std::size_t>(b)]; });
    Bins packed(static_cast<std::size_t>(bins));
    if (room == 1) {  // EPLB leaves them as they stand
        for (std::size_t bin = 0; bin < packed.size(); ++bin) packed[bin] = {static_cast<int>(bin)};
        return packed;
    }
    std::vector<double> load(packed.size());
    for (const int item : order) {
        std::size_t best = packed.size();
        for (std::size_t bin = 0; bin < packed.size(); ++bin)
            if (packed[bin].size() < room && (best == packed.size() || load[bin] < load[best])) best = bin;
        packed[best].push_back(item);
        load[best] += weights[static_cast<std::size_t>(item)];
    }
    return packed;
}

/// Slots of one node: its experts once each, then one more of the largest load a copy until the slots are used up.
std::vector<int> place_in_node(const std::vector<int>& experts, const std::vector<double>& load, int slots, int gpus) {
    const auto load_of = [&](int expert) { return load[static_cast<std::size_t>(expert)]; };
    std::vector<int> copies(experts.size(), 1), item_in_slot(experts.size());
    std::iota(item_in_slot.begin(), item_in_slot.end(), 0);
    const auto share = [&](int item) {
        return load_of(experts[static_cast<std::size_t>(item)]) / copies[static_cast<std::size_t>(item)];
    };
    while (item_in_slot.size() < static_cast<std::size_t>(slots)) {
        int busiest = 0;
        for (int item = 1; item < static_cast<int>(experts.size()); ++item)
            if (share(item) > share(busiest)) busiest = item;
        ++copies[static_cast<std::size_t>(busiest)];
        item_in_slot.push_back(busiest);
    }
    std::vector<double> weights;
    for (const int item : item_in_slot) weights.push_back(share(item));
    std::vector<int> placed;
    for (const std::vector<int>& gpu : pack(weights, gpus))
        for (const int slot : gpu) {
            const int item = item_in_slot[static_cast<std::size_t>(slot)];
            placed.push_back(experts[static_cast<std::size_t>(item)]);
        }
    return placed;
}

}  // namespace

std::vector<int> eplb_greedy(const std::vector<double>& load_of_expert, EplbShape shape) {
    const int experts = static_cast<int>(load_of_expert.size());
    if (shape.groups % shape.nodes != 0) shape.groups = shape.nodes = 1;
    assert(experts > 0 && shape.slots >= experts && experts % shape.groups == 0);
    assert(shape.slots % shape.gpus == 0 && shape.gpus % shape.nodes == 0);
    const int group_size = experts / shape.groups;
    std::vector<double> load_of_group(static_cast<std::size_t>(shape.groups));
    for (int expert = 0; expert < experts; ++expert)
        load_of_group[static_cast<std::size_t>(expert / group_size)] += load_of_expert[static_cast<std::size_t>(expert)];
    std::vector<int> placed;
    for (const std::vector<int>& groups : pack(load_of_group, shape.nodes)) {
        std::vector<int> held;
        for (const int group : groups)
            for (int i = 0; i < group_size; ++i) held.push_back(group * group_size + i);
        const auto node = place_in_node(held, load_of_expert, shape.slots / shape.nodes, shape.gpus / shape.nodes);
        placed.insert(placed.end(), node.begin(), node.end());
    }
    return placed;
}

}  // namespace tokenyard
