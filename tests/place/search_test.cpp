// SPDX-License-Identifier: Apache-2.0
#include "place/search.hpp"
#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"

#include <catch2/catch.hpp>

using namespace tokenyard;

namespace {

/// Tokens that go to one expert each: for each rank the experts of its tokens.
Routing top1(int experts, const std::vector<std::vector<int>>& of_rank) {
    Routing routing{experts, 1, {0}, {}, {}};
    for (const std::vector<int>& tokens : of_rank) {
        for (const int expert : tokens) routing.expert_ids.push_back(static_cast<std::uint16_t>(expert));
        routing.first_token.push_back(static_cast<std::uint32_t>(routing.expert_ids.size()));
    }
    routing.weights.resize(routing.expert_ids.size(), 1);
    return routing;
}

std::vector<int> times(int count, const std::vector<int>& experts) {
    std::vector<int> all;
    for (int i = 0; i < count; ++i) all.insert(all.end(), experts.begin(), experts.end());
    return all;
}

const CopyWeight a_megabyte_out{bytes(1e6), bytes(0), {}};

/// 4 ranks of 2 slots on 50 GB/s NICs; each rank has 3 tokens for expert 0, 3 for expert 1, and one for each other one.
const std::vector<int> two_hot{0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6, 7};

}  // namespace

TEST_CASE("Demand shares an expert's tokens out over its copies as ExpertMap does", "[place]") {
    // Rank 1's tokens have indices 0, 1, 2: copies (1 + index) mod 2 = 1, 0, 1.
    Demand demand(top1(2, {{0}, {0, 0, 0}}));
    CHECK(demand.of(0, 1) == std::vector<double>{1, 3});
    CHECK(demand.of(0, 2) == std::vector<double>{1, 1, 0, 2});  // copy 0 of ranks 0 and 1, then copy 1
    CHECK(demand.totals() == std::vector<double>{4, 0});
}

TEST_CASE("LinkLoads gives the time of the fullest port", "[place]") {
    // Rank 0 holds both hot experts: 3 other ranks send it 6 copies of 1 MB: 18 MB / 50 GB/s = 360 us.
    const Fabric fabric = build_fabric(single_switch_cluster(4, 1));
    LinkLoads loads(fabric, top1(8, {two_hot, two_hot, two_hot, two_hot}), a_megabyte_out);
    loads.set({0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(loads.cost().longest == Approx(360e-6));
    CHECK(loads.busiest_rank() == 0);
    // Expert 1 moves to rank 1, whose expert 2 comes here: 3 x (3 + 1) MB = 240 us on each of them.
    loads.swap(1, 2);
    CHECK(loads.slots() == ExpertSlots{0, 2, 1, 3, 4, 5, 6, 7});
    CHECK(loads.cost().longest == Approx(240e-6));
}

TEST_CASE("LinkLoads after many changes has what it has afresh", "[place]") {
    const Fabric fabric = build_fabric(single_switch_cluster(2, 2));
    const Routing routing = top1(4, {times(3, {0, 1, 2}), times(2, {3, 0}), {1, 1}, {2}});
    const CopyWeight both{bytes(1e6), bytes(2e6), std::vector<Seconds>(4, microseconds(7))};
    LinkLoads changed(fabric, routing, both), afresh(fabric, routing, both);
    changed.set({0, 1, 2, 3, 0, 1, 2, 3});
    changed.swap(0, 5);
    changed.replace(4, 3);
    changed.swap(2, 7);
    changed.replace(0, 2);
    afresh.set(changed.slots());
    CHECK(changed.cost().longest == Approx(afresh.cost().longest).epsilon(1e-12));
    CHECK(changed.cost().squares == Approx(afresh.cost().squares).epsilon(1e-12));
}

TEST_CASE("search_slots parts two hot experts that are on one rank", "[place]") {
    // No rank can do with less than a hot expert and another one: 3 x (3 + 1) MB / 50 GB/s = 240 us.
    const Fabric fabric = build_fabric(single_switch_cluster(4, 1));
    const Routing routing = top1(8, {two_hot, two_hot, two_hot, two_hot});
    LinkLoads loads(fabric, routing, a_megabyte_out), judge(fabric, routing, a_megabyte_out);
    const auto prove = [&](const ExpertSlots& slots) {
        judge.set(slots);
        return judge.cost().longest;
    };
    const SlotSearchResult found = search_slots({{{0, 1, 2, 3, 4, 5, 6, 7}, 360e-6}}, loads, {5, 1, prove, {}});
    CHECK(found.best.time == Approx(240e-6));
    CHECK(found.simulations <= 5);
}

TEST_CASE("search_slots gives a slot that is worth little to a hot expert", "[place]") {
    // 3 ranks of 2 slots; expert 0 has 12 tokens of each rank, the others 1. A third copy of expert 3 is worth nothing: the best
    // is a copy of expert 0 on each rank, which leaves the other slots to 1, 2 and 3.
    const Fabric fabric = build_fabric(single_switch_cluster(3, 1));
    const std::vector<int> tokens{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3};
    const Routing routing = top1(4, {tokens, tokens, tokens});
    LinkLoads loads(fabric, routing, a_megabyte_out), judge(fabric, routing, a_megabyte_out);
    const auto prove = [&](const ExpertSlots& slots) {
        judge.set(slots);
        return judge.cost().longest;
    };
    const ExpertSlots start{0, 1, 2, 3, 3, 2};
    const SlotSearchResult found = search_slots({{start, prove(start)}}, loads, {20, 1, prove, {}});
    const ExpertMap map = expert_map_of(found.best.slots, 4, 3);
    CHECK(map.ranks_of_expert[0] == std::vector<int>{0, 1, 2});
    // Each rank: 4 of each other rank's 12 for expert 0, and 1 of each for its other expert: 2 x 5 MB / 50 GB/s.
    CHECK(found.best.time == Approx(200e-6));
}

TEST_CASE("search_slots without simulations gives the fastest start", "[place]") {
    const Fabric fabric = build_fabric(single_switch_cluster(2, 1));
    LinkLoads loads(fabric, top1(2, {{0}, {1}}), a_megabyte_out);
    const auto prove = [](const ExpertSlots&) -> double { throw std::logic_error("not to be called"); };
    CHECK(search_slots({{{0, 1}, 2}, {{1, 0}, 1}}, loads, {0, 1, prove, {}}).best.slots == ExpertSlots{1, 0});
}
