// SPDX-License-Identifier: Apache-2.0
// The generator and the arithmetic that make routing the same on every machine.
#include "workload/philox.hpp"
#include "workload/portable_math.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace tokenyard {

TEST_CASE("philox gives the known answers of its authors", "[workload]") {
    // Random123 1.14, tests/kat_vectors, philox4x32 with 10 rounds
    using Words = std::array<std::uint32_t, 4>;
    CHECK(philox({0, 0, 0, 0}, 0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffffffffffff) ==
          Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822) ==
          Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("streams of one seed do not share words", "[workload]") {
    RandomWords experts(1, Stream::experts, 3, 5), weights(1, Stream::weights, 3, 5), other_token(1, Stream::experts, 3, 6);
    const std::uint32_t first = experts.next();
    CHECK(first != weights.next());
    CHECK(first != other_token.next());
    CHECK(first == RandomWords(1, Stream::experts, 3, 5).next());
}

TEST_CASE("portable_log and portable_exp agree with libm", "[workload]") {
    for (double x = 1e-300; x < 1e300; x *= 7.3) {
        INFO(x);
        CHECK(std::abs(portable_log(x) - std::log(x)) <= 1e-15 * std::max(1.0, std::abs(std::log(x))));
    }
    for (double x = -690; x < 690; x += 0.37) {
        INFO(x);
        CHECK(std::abs(portable_exp(x) / std::exp(x) - 1) <= 1e-14);
    }
    CHECK(portable_exp(-1000) == 0);
    CHECK(portable_log(1) == 0);
}

}  // namespace tokenyard
