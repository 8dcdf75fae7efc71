// SPDX-License-Identifier: Apache-2.0
#include "place/link_loads.hpp"

#include <algorithm>
#include <cassert>

namespace tokenyard {
namespace {

constexpr double rounding = 1e-12;  // sums of some thousand counts in another order

/// The largest of load x weight, and the squares of all added to `squares`.
double longest(const std::vector<double>& loads, const std::vector<double>& weights, double& squares) {
    double most = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const double time = loads[i] * weights[i];
        most = std::max(most, time);
        squares += time * time;
    }
    return most;
}

std::size_t fullest(const std::vector<double>& loads, const std::vector<double>& weights) {
    std::size_t most = 0;
    for (std::size_t i = 1; i < weights.size(); ++i)
        if (loads[i] * weights[i] > loads[most] * weights[most]) most = i;
    return most;
}

}  // namespace

bool LinkLoads::Cost::operator<(const Cost& other) const {
    if (longest < other.longest * (1 - rounding)) return true;
    return longest <= other.longest * (1 + rounding) && squares < other.squares * (1 - rounding);
}

LinkLoads::LinkLoads(const Fabric& fabric, const Routing& routing, const CopyWeight& weight) : demand_(routing) {
    const auto links = fabric.links.size();
    only_source_.assign(links, -2);
    only_destination_.assign(links, -2);
    add_routes(fabric);
    for (const Link& link : fabric.links) {
        dispatch_weight_.push_back((weight.dispatch / link.capacity).si);
        combine_weight_.push_back((weight.combine / link.capacity).si);
    }
    for (const Seconds& time : weight.compute) compute_weight_.push_back(time.si);
}

void LinkLoads::note_ends(LinkId link, int source, int destination) {
    const auto note = [](int& only, int rank) { only = only == -2 || only == rank ? rank : -1; };
    note(only_source_[link], source);
    note(only_destination_[link], destination);
}

void LinkLoads::add_routes(const Fabric& fabric) {
    std::vector<LinkId> route;
    for (int source = 0; source < ranks(); ++source)
        for (int destination = 0; destination < ranks(); ++destination) {
            first_.push_back(shares_.size());
            if (source == destination) continue;
            const int lanes = fabric.lane_count(source, destination);
            for (int lane = 0; lane < lanes; ++lane) {
                route.clear();
                fabric.append_route(source, destination, lane, 0, route);
                for (const LinkId link : route) {
                    shares_.push_back({link, 1.0 / lanes});
                    note_ends(link, source, destination);
                }
            }
        }
    first_.push_back(shares_.size());
}

void LinkLoads::set(const ExpertSlots& slots) {
    assert(slots.size() % static_cast<std::size_t>(ranks()) == 0);
    slots_ = slots;
    slots_of_.assign(static_cast<std::size_t>(demand_.experts()), {});
    for (std::size_t slot = 0; slot < slots.size(); ++slot) slots_of_[static_cast<std::size_t>(slots[slot])].push_back(slot);
    dispatch_.assign(dispatch_weight_.size(), 0);
    combine_.assign(combine_weight_.size(), 0);
    computed_.assign(static_cast<std::size_t>(ranks()), 0);
    for (int expert = 0; expert < demand_.experts(); ++expert) add(expert, 1);
}

void LinkLoads::add(int expert, double sign) {
    const std::vector<std::size_t>& held_by = slots_of_[static_cast<std::size_t>(expert)];
    const std::vector<double>& copies = demand_.of(expert, held_by.size());
    const auto count = static_cast<std::size_t>(ranks());
    const auto load = [&](std::vector<double>& loads, std::size_t pair, double amount) {
        for (std::size_t i = first_[pair]; i < first_[pair + 1]; ++i) loads[shares_[i].link] += amount * shares_[i].part;
    };
    for (std::size_t copy = 0; copy < held_by.size(); ++copy) {
        const auto holder = static_cast<std::size_t>(rank_of(held_by[copy]));
        for (std::size_t source = 0; source < count; ++source) {
            const double amount = sign * copies[copy * count + source];
            if (amount == 0) continue;
            computed_[holder] += amount;
            load(dispatch_, source * count + holder, amount);
            load(combine_, holder * count + source, amount);
        }
    }
}

void LinkLoads::replace(std::size_t slot, int expert) {
    const int before = slots_[slot];
    if (before == expert) return;
    add(before, -1);
    add(expert, -1);
    std::erase(slots_of_[static_cast<std::size_t>(before)], slot);
    std::vector<std::size_t>& held_by = slots_of_[static_cast<std::size_t>(expert)];
    held_by.insert(std::lower_bound(held_by.begin(), held_by.end(), slot), slot);
    slots_[slot] = expert;
    add(before, 1);
    add(expert, 1);
}

void LinkLoads::swap(std::size_t a, std::size_t b) {
    const int first = slots_[a], second = slots_[b];
    if (first == second) return;
    add(first, -1);
    add(second, -1);
    const auto move = [&](int expert, std::size_t from, std::size_t to) {
        std::vector<std::size_t>& held_by = slots_of_[static_cast<std::size_t>(expert)];
        *std::find(held_by.begin(), held_by.end(), from) = to;
        std::sort(held_by.begin(), held_by.end());
        slots_[to] = expert;
    };
    move(first, a, b);
    move(second, b, a);
    add(first, 1);
    add(second, 1);
}

LinkLoads::Cost LinkLoads::cost() const {
    Cost cost;
    cost.longest = longest(dispatch_, dispatch_weight_, cost.squares) + longest(combine_, combine_weight_, cost.squares);
    cost.longest += longest(computed_, compute_weight_, cost.squares);
    return cost;
}

int LinkLoads::busiest_rank() const {
    const std::size_t out = fullest(dispatch_, dispatch_weight_), back = fullest(combine_, combine_weight_);
    const double out_time = dispatch_[out] * dispatch_weight_[out], back_time = combine_[back] * combine_weight_[back];
    if (!compute_weight_.empty()) {
        const std::size_t rank = fullest(computed_, compute_weight_);
        if (computed_[rank] * compute_weight_[rank] > std::max(out_time, back_time)) return static_cast<int>(rank);
    }
    // Experts are where dispatch ends and combine begins; who sends the tokens cannot be changed.
    return std::max(out_time >= back_time ? only_destination_[out] : only_source_[back], -1);
}

bool LinkLoads::has_on(int rank, int expert) const {
    const std::vector<std::size_t>& held_by = slots_of_[static_cast<std::size_t>(expert)];
    return std::any_of(held_by.begin(), held_by.end(), [&](std::size_t slot) { return rank_of(slot) == rank; });
}

}  // namespace tokenyard
