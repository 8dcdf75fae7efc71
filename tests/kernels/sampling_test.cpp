// SPDX-License-Identifier: Apache-2.0
#include "record/sampling.hpp"

#include <catch2/catch.hpp>

namespace tokenyard::gpu {

TEST_CASE("noise is the interquartile range over the median", "[kernels]") {
    CHECK(noise_of({10, 10, 10, 10, 900}) == 0);                        // one late sample of five changes nothing
    CHECK(noise_of({8, 9, 10, 11, 12}) == Catch::Detail::Approx(0.2));  // (11 - 9) / 10
    CHECK(noise_of({0, 0, 0}) == 0);
    CHECK(noise_of({7}) == 0);
}

TEST_CASE("samples go on until there are enough, and quiet ones or a time that is long enough", "[kernels]") {
    const std::vector<double> loud{8, 9, 10, 11, 12}, quiet{10, 10, 10, 10, 10};
    CHECK(reason_to_stop({6, 0, 1}, quiet, 99) == "");
    CHECK(reason_to_stop({5, 0, 1}, loud, 0) == "count");
    CHECK(reason_to_stop({5, 0.1, 1}, quiet, 0) == "noise");
    CHECK(reason_to_stop({5, 0.1, 1}, loud, 0.5) == "");
    CHECK(reason_to_stop({5, 0.1, 1}, loud, 1) == "time");
}

}  // namespace tokenyard::gpu
