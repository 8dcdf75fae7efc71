// SPDX-License-Identifier: Apache-2.0
// What stands out among times of pairs.
#include "doctor/doctor.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

/// 100 us between all, with a spread of a few per cent that follows no place.
RankMatrix<double> nearly_even(int count) {
    RankMatrix<double> times(count, count);
    for (int from = 0; from < count; ++from)
        for (int to = 0; to < count; ++to) times.at(from, to) = 100 + (7 * from + 5 * to) % 4;
    return times;
}

const std::vector<int> six_nodes{0, 1, 2, 3, 4, 5};

}  // namespace

TEST_CASE("slow_places finds none among times that are nearly alike", "[doctor]") {
    CHECK(slow_places(nearly_even(6), six_nodes, "node").empty());
}

TEST_CASE("slow_places names a node that is slow in both directions", "[doctor]") {
    RankMatrix<double> times = nearly_even(6);
    for (int other = 0; other < 6; ++other) {
        times.at(3, other) *= 2;
        times.at(other, 3) *= 2;
    }
    const std::vector<SlowPlace> slow = slow_places(times, six_nodes, "node");
    REQUIRE(slow.size() == 1);
    CHECK(slow[0].what == "node3, both directions");
    CHECK(slow[0].factor == Approx(2).epsilon(0.03));
}

TEST_CASE("slow_places tells sending from receiving, and a pair from its ends", "[doctor]") {
    RankMatrix<double> times = nearly_even(6);
    for (int other = 0; other < 6; ++other) times.at(1, other) *= 3;
    for (int other = 0; other < 6; ++other) times.at(other, 4) *= 1.5;
    times.at(0, 5) *= 4;
    const std::vector<SlowPlace> slow = slow_places(times, six_nodes, "node");
    REQUIRE(slow.size() == 3);
    CHECK(slow[0].what == "node0 to node5");
    CHECK(slow[0].factor == Approx(4).epsilon(0.03));
    CHECK(slow[1].what == "node1, sending");
    CHECK(slow[2].what == "node4, receiving");
    CHECK(slow[2].factor == Approx(1.5).epsilon(0.03));
}

TEST_CASE("slow_places compares pairs of one node with pairs of one node", "[doctor]") {
    // 2 nodes of 4: 10 us inside, 100 us between; GPU 6 has a slow NVLink and a good NIC
    RankMatrix<double> times(8, 8);
    for (int from = 0; from < 8; ++from)
        for (int to = 0; to < 8; ++to) {
            const bool is_inside = from / 4 == to / 4;
            times.at(from, to) = is_inside ? 10 : 100;
            if (is_inside && (from == 6 || to == 6)) times.at(from, to) *= 2;
        }
    const std::vector<SlowPlace> slow = slow_places(times, {0, 0, 0, 0, 1, 1, 1, 1}, "rank");
    REQUIRE(slow.size() == 1);
    CHECK(slow[0].what == "rank6 inside its node, both directions");
}

}  // namespace tokenyard
