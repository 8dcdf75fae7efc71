// SPDX-License-Identifier: Apache-2.0
#include "input/nearest.hpp"

#include <catch2/catch.hpp>

#include <array>

namespace tokenyard {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 6> keys{"kind", "bandwidth_per_gpu", "latency", "domain", "switches", "planes"};
constexpr std::array<std::string_view, 3> scale_ups{"nvswitch", "mesh", "pcie"};
constexpr std::array<std::string_view, 5> rates{"bit/s", "Gbit/s", "B/s", "kB/s", "GB/s"};
constexpr std::array<std::string_view, 5> presets{"cx6", "cx7", "cx8", "dgx_h100_x4", "dgx_h100_x16"};

}  // namespace

TEST_CASE("nearest takes a slip of the finger for the word", "[input]") {
    CHECK(nearest("latnecy", keys) == Words{"latency"});   // two letters swapped
    CHECK(nearest("lateny", keys) == Words{"latency"});    // one left out
    CHECK(nearest("latencyy", keys) == Words{"latency"});  // one too many
    CHECK(nearest("Latency", keys) == Words{"latency"});   // another case
    CHECK(nearest("PCIe", scale_ups) == Words{"pcie"});
    CHECK(nearest("dgx-h100-x4", presets) == Words{"dgx_h100_x4"});
}

TEST_CASE("nearest leaves a word that is another alone", "[input]") {
    CHECK(nearest("colour", keys).empty());
    CHECK(nearest("kin", scale_ups).empty());
    CHECK(nearest("", keys).empty());
    CHECK(nearest("ab", std::array<std::string_view, 1>{"ac"}).empty());  // of two letters, one is half of it
    CHECK(nearest(std::string(1000, 'a'), keys).empty());
}

TEST_CASE("nearest knows what people say for what is called so here", "[input]") {
    CHECK(nearest("nvlink", scale_ups) == Words{"nvswitch"});
    CHECK(nearest("xgmi", scale_ups) == Words{"mesh"});
    CHECK(nearest("nvlink", keys).empty());  // what it stands for is not known here
    const std::array<std::string_view, 3> algorithms{"direct", "two-level", "low-latency"};
    CHECK(nearest("deepep", algorithms) == Words{"two-level", "low-latency"});
}

TEST_CASE("nearest tells bits from bytes by the case of the letter", "[input]") {
    CHECK(nearest("Gbps", rates) == Words{"Gbit/s"});
    CHECK(nearest("GBps", rates) == Words{"GB/s"});
    CHECK(nearest("Gb/s", rates) == Words{"Gbit/s"});
    CHECK(nearest("gbit/s", rates) == Words{"Gbit/s"});
    CHECK(nearest("G", rates) == Words{"Gbit/s"});
}

TEST_CASE("nearest gives all that are equally near, three at most, and what begins with the word", "[input]") {
    CHECK(nearest("cx9", presets) == Words{"cx6", "cx7", "cx8"});
    CHECK(nearest("dgx_h100", presets) == Words{"dgx_h100_x4", "dgx_h100_x16"});
    CHECK(nearest("dgx", presets) == Words{"dgx_h100_x4", "dgx_h100_x16"});
    CHECK(nearest("h100", presets) == Words{"dgx_h100_x4", "dgx_h100_x16"});
}

TEST_CASE("did_you_mean is the end of a message", "[input]") {
    CHECK(did_you_mean("latnecy", keys) == "; did you mean latency?");
    CHECK(did_you_mean("cx9", presets) == "; did you mean cx6, cx7 or cx8?");
    CHECK(did_you_mean("colour", keys).empty());
}

}  // namespace tokenyard
