// SPDX-License-Identifier: Apache-2.0
#include "place/eplb.hpp"

#include <catch2/catch.hpp>

using namespace tokenyard;

TEST_CASE("eplb_greedy gives what EPLB's README gives for layer 0 of its example", "[place]") {
    const std::vector<double> load{90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86};
    CHECK(eplb_greedy(load, {16, 4, 2, 8}) == std::vector<int>{5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1});
}

TEST_CASE("eplb_greedy gives what EPLB's README gives for layer 1 of its example", "[place]") {
    const std::vector<double> load{20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27};
    CHECK(eplb_greedy(load, {16, 4, 2, 8}) == std::vector<int>{7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1});
}

TEST_CASE("eplb_greedy without groups that divide by the nodes copies and packs over all GPUs", "[place]") {
    // 3 groups do not divide by 2 nodes. Expert 0 (8) is the busiest and gets the second copy: 4 a copy.
    // Heaviest first: 0 to the first GPU, 0 to the second, 1 (3) to the first of equals, 2 (2) to the one with room: 7 and 6.
    CHECK(eplb_greedy({8, 3, 2}, {4, 3, 2, 2}) == std::vector<int>{0, 1, 0, 2});
}
