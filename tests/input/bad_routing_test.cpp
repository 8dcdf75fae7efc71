// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const Change bad_routings[] = {
    {"an unknown kind", "routing: {kind: uniform}", "routing: {kind: gaussian}",
     "w.yaml:8:17: error: found 'gaussian'; expected one of: uniform, zipf, lognormal, dirichlet, hot, shares, skew, trace, "
     "matrix"},
    {"a text", "routing: {kind: uniform}", "routing: uniform",
     "w.yaml:8:10: error: found 'uniform'; expected routing as a map with the key kind"},
    {"a key that uniform has not", "routing: {kind: uniform}", "routing: {kind: uniform, exponent: 1}",
     "w.yaml:8:26: error: found unknown key 'exponent' in routing; expected one of: kind"},
    {"zipf without an exponent", "routing: {kind: uniform}", "routing: {kind: zipf}",
     "w.yaml:8:10: error: found no 'exponent' in routing; expected it"},
    {"a negative exponent", "routing: {kind: uniform}", "routing: {kind: zipf, exponent: -1}",
     "w.yaml:8:33: error: found '-1'; expected a number of at least 0 and at most 10"},
    {"an infinite exponent", "routing: {kind: uniform}", "routing: {kind: zipf, exponent: .inf}",
     "w.yaml:8:33: error: found '.inf'; expected a number of at least 0 and at most 10"},
    {"an exponent that is NaN", "routing: {kind: uniform}", "routing: {kind: zipf, exponent: .nan}",
     "w.yaml:8:33: error: found '.nan'; expected a number of at least 0 and at most 10"},
    {"a sigma beyond reason", "routing: {kind: uniform}", "routing: {kind: lognormal, sigma: 11}",
     "w.yaml:8:35: error: found '11'; expected a number of at least 0 and at most 10"},
    {"an alpha of 0", "routing: {kind: uniform}", "routing: {kind: dirichlet, alpha: 0}",
     "w.yaml:8:35: error: found '0'; expected a number of at least 0.001 and at most 1000000"},
    {"a hot expert out of range", "routing: {kind: uniform}", "routing: {kind: hot, experts: [16], factor: 2}",
     "w.yaml:8:32: error: found '16'; expected a whole number from 0 to 15"},
    {"a hot expert twice", "routing: {kind: uniform}", "routing: {kind: hot, experts: [3, 3], factor: 2}",
     "w.yaml:8:35: error: found '3'; expected each expert once"},
    {"no hot experts", "routing: {kind: uniform}", "routing: {kind: hot, experts: [], factor: 2}",
     "w.yaml:8:31: error: found an empty list; expected expert ids"},
    {"a factor of 0", "routing: {kind: uniform}", "routing: {kind: hot, experts: [3], factor: 0}",
     "w.yaml:8:44: error: found '0'; expected a number above 0 and at most 1000000"},
    {"hot experts that are no list", "routing: {kind: uniform}", "routing: {kind: hot, experts: 3, factor: 2}",
     "w.yaml:8:31: error: found '3'; expected a list of expert ids"},
    {"a skew below 1", "routing: {kind: uniform}", "routing: {kind: skew, max_over_mean: 0.9}",
     "w.yaml:8:38: error: found '0.9'; expected a number of at least 1 and at most 1000000"},
    {"a skew beyond the ranks", "routing: {kind: uniform}", "routing: {kind: skew, max_over_mean: 8.5}",
     "w.yaml:8:38: error: found '8.5'; expected at most 8, because a rank receives at most 2 of a token's 2 copies on 8 ranks"},
    {"a skew without its number", "routing: {kind: uniform}", "routing: {kind: skew}",
     "w.yaml:8:10: error: found no 'max_over_mean' in routing; expected it"},
    {"a trace without its file", "routing: {kind: uniform}", "routing: {kind: trace}",
     "w.yaml:8:10: error: found no 'file' in routing; expected it"},
    {"a file that is not there", "routing: {kind: uniform}", "routing: {kind: trace, file: nothing.csv}",
     "w.yaml:8:30: error: found 'nothing.csv', which cannot be opened (No such file or directory); expected a file that can"},
    {"a file name that is empty", "routing: {kind: uniform}", "routing: {kind: trace, file: \"\"}",
     "w.yaml:8:30: error: found ''; expected file as a text"},
    {"a file name with a NUL", "routing: {kind: uniform}", "routing: {kind: shares, file: \"a\\0b\"}",
     "w.yaml:8:31: error: found 'a\\x00b'; expected file on one line"},
    {"a matrix beside model", "routing: {kind: uniform}", "routing: {kind: matrix, file: m.txt}",
     "w.yaml:4:1: error: found 'model' in the workload; expected none, because routing kind matrix gives S(i,k) in bytes itself"},
};

/// A skew on 8 ranks, where top-2 of 16 or 8 experts allow at most 8 x min(2, experts on a rank) / 2.
struct Skew {
    const char *name, *value, *experts, *placement;
    const char* refusal;  // nullptr: it is possible
};
const Skew skews[] = {
    {"two experts on a rank, the most", "8", "experts: 16", "", nullptr},
    {"two experts on a rank", "8.01", "experts: 16", "",
     "w.yaml:8:38: error: found '8.01'; expected at most 8, because a rank receives at most 2 of a token's 2 copies on 8 ranks"},
    {"one expert on a rank, the most", "4", "experts: 8", "", nullptr},
    {"one expert on a rank", "4.01", "experts: 8", "",
     "w.yaml:8:38: error: found '4.01'; expected at most 4, because a rank receives at most 1 of a token's 2 copies on 8 ranks"},
    {"one expert on a rank, round-robin", "4.01", "experts: 8", "placement: {kind: round-robin}\n",
     "w.yaml:8:38: error: found '4.01'; expected at most 4, because a rank receives at most 1 of a token's 2 copies on 8 ranks"},
    {"two experts on a rank by a map", "8.01", "experts: 16",
     "placement: {kind: map, ranks: [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]}\n",
     "w.yaml:8:38: error: found '8.01'; expected at most 8, because a rank receives at most 2 of a token's 2 copies on 8 ranks"},
    {"one expert on a rank by a map", "4.01", "experts: 8", "placement: {kind: map, ranks: [0, 1, 2, 3, 4, 5, 6, 7]}\n",
     "w.yaml:8:38: error: found '4.01'; expected at most 4, because a rank receives at most 1 of a token's 2 copies on 8 ranks"},
    {"two experts on one rank by a map, the most", "8", "experts: 8", "placement: {kind: map, ranks: [0, 0, 2, 3, 4, 5, 6, 7]}\n",
     nullptr},
    {"one expert and redundant slots", "4.01", "experts: 8", "placement: {kind: redundant, extra: 8}\n",
     "w.yaml:8:38: error: found '4.01'; expected at most 4, because a rank receives at most 1 of a token's 2 copies on 8 ranks"},
};

}  // namespace

TEST_CASE("read_case refuses a bad routing", "[input]") {
    for (const Change& change : bad_routings) DYNAMIC_SECTION(change.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", small_cluster);
            folder.write("w.yaml", with_change(small_workload, change));
            CHECK(refusal_of([&] { read_case(folder.path("c.yaml"), folder.path("w.yaml"), {}); }, folder) == change.refusal);
        }
}

TEST_CASE("read_case refuses a skew that no routing has", "[input]") {
    for (const Skew& skew : skews) DYNAMIC_SECTION(skew.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", small_cluster);
            const std::string routing = std::string("routing: {kind: skew, max_over_mean: ") + skew.value + "}";
            const std::string text = with_change(small_workload, {"", "routing: {kind: uniform}", routing.c_str(), ""});
            folder.write("w.yaml", with_change(text, {"", "experts: 16", skew.experts, ""}) + skew.placement);
            CHECK(refusal_of([&] { read_case(folder.path("c.yaml"), folder.path("w.yaml"), {}); }, folder) ==
                  (skew.refusal ? skew.refusal : accepted));
        }
}

TEST_CASE("read_one leaves a skew open as long as the ranks are unknown", "[input]") {
    const TemporaryFolder folder;
    const std::string text = with_change(small_workload, {"", "ranks: 8\n", "", ""});
    folder.write("w.yaml", with_change(text, {"", "{kind: uniform}", "{kind: skew, max_over_mean: 100}", ""}));
    CHECK(refusal_of([&] { read_one(folder.path("w.yaml"), {}); }, folder) == accepted);
}

}  // namespace tokenyard
