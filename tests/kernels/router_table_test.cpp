// SPDX-License-Identifier: Apache-2.0
// Shapes and popularity tables: what is refused, and what the thresholds are.
#include "moe/router_table.hpp"
#include "cli/trace.hpp"
#include "moe/layout.hpp"

#include <catch2/catch.hpp>

namespace tokenyard::gpu {
namespace {

struct BadShape {
    const char* name;
    RouterShape shape;
    const char* message;
};
const BadShape bad_shapes[] = {
    {"no experts", {0, 1, 1, 1}, "found 0 experts; expected 1 to 65535"},
    {"too many of a token", {64, 33, 1, 1}, "found 33 experts a token; expected 1 to 32"},
    {"groups that do not divide", {10, 2, 3, 1}, "found 3 expert groups; expected a divisor of the 10 experts"},
    {"more groups than there are", {8, 2, 2, 3}, "found 3 groups a token; expected 1 to 2"},
    {"more experts than the groups have",
     {8, 5, 2, 1},
     "found 5 experts a token; expected at most the 4 in the groups of a token"},
};

std::string shortest(float value) {
    std::string text;
    append_shortest(text, value);
    return text;
}

}  // namespace

TEST_CASE("check refuses shapes that cannot be", "[kernels]") {
    for (const BadShape& bad : bad_shapes) DYNAMIC_SECTION(bad.name) {
            CHECK_THROWS_WITH(check(bad.shape), bad.message);
        }
}

// Weights 1, 0, 3: a quarter of the 2^32 words draws expert 0, none expert 1.
TEST_CASE("thresholds part the words in proportion to the weights", "[kernels]") {
    const RouterTable table = make_router_table({3, 1, 1, 1}, {1, 0, 3});
    CHECK(table.thresholds == std::vector<std::uint64_t>{0, 1u << 30, 1u << 30, std::uint64_t{1} << 32});
}

TEST_CASE("make_router_table refuses weights that do not fit", "[kernels]") {
    CHECK_THROWS_WITH(make_router_table({3, 1, 1, 1}, {1, 2}), "found 2 weights; expected one for each of the 3 experts");
    CHECK_THROWS_WITH(make_router_table({2, 1, 1, 1}, {0, 0}),
                      "found weights that sum to 0; expected more than 0 and less than 2^32");
    CHECK_THROWS_WITH(make_router_table({2, 1, 1, 1}, {4294967295, 1}),
                      "found weights that sum to 4294967296; expected more than 0 and less than 2^32");
}

TEST_CASE("weights_from_text reads a number a line and names the line that is wrong", "[kernels]") {
    CHECK(weights_from_text("# popularity\n7\n\n 8 # the second\r\n", "w") == std::vector<std::uint32_t>{7, 8});
    CHECK_THROWS_WITH(weights_from_text("1\n2.5\n", "w.txt"),
                      "w.txt:2: error: found '2.5'; expected a whole number from 0 to 4294967295");
}

TEST_CASE("contiguous_placement spreads experts and ranks evenly", "[kernels]") {
    const Placement placement = contiguous_placement(7, 3, 2);
    CHECK(placement.first_expert_of_rank == std::vector<int>{0, 2, 4, 7});
    CHECK(placement.node_of_rank == std::vector<int>{0, 0, 1});
    CHECK_THROWS_WITH(check(Placement{{0, 2, 1}, {0, 0}}),
                      "found a placement whose tables do not ascend from 0; expected consecutive experts and ranks");
}

TEST_CASE("append_shortest writes the shortest decimal, with an exponent below 1e-4", "[kernels]") {
    CHECK(shortest(1) == "1");
    CHECK(shortest(0.125f) == "0.125");
    CHECK(shortest(0.1f) == "0.1");
    CHECK(shortest(0.0001f) == "0.0001");
    CHECK(shortest(0.00001f) == "1e-05");
    CHECK(shortest(0.000012345f) == "1.2345e-05");
    CHECK(shortest(16777216) == "16777216");
    CHECK(shortest(12.5f) == "12.5");
    CHECK(shortest(1e16f) == "1e+16");
}

}  // namespace tokenyard::gpu
