// SPDX-License-Identifier: Apache-2.0
// What must be said of every algorithm, so that one that is added is whole.
#include "cluster/build_fabric.hpp"
#include "collective/plan.hpp"
#include "support/clusters.hpp"
#include "support/files.hpp"
#include "support/plans.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

namespace tokenyard {
namespace {

const std::filesystem::path source{TOKENYARD_SOURCE};

std::string all_of(const std::filesystem::path& folder) {
    std::string text;
    for (const auto& file : std::filesystem::directory_iterator(folder))
        if (file.path().extension() == ".cpp") text += read_file(file.path());
    return text;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Bytes of a token of 7,168 elements with top-8: FP8 with scales of 128 out, BF16 back, on two nodes of two GPUs.
std::pair<double, double> sizes(const char* name, const Cluster& cluster = single_switch_cluster(2, 2)) {
    const Fabric fabric = build_fabric(cluster);
    const Algorithm& algorithm = *find_algorithm(name);
    Exchange out = routed_exchange(fabric, 2, 8, 7168, 4, 1);
    Exchange back = combine_of(out);
    out.tokens->message = {bytes(7168), bytes(224), bytes(12)};
    back.tokens->message = {bytes(14336), {}, {}};
    return {in_bytes(algorithm.token_size(out, fabric, some_costs())),
            in_bytes(algorithm.token_size(back, fabric, some_costs()))};
}

}  // namespace

TEST_CASE("every algorithm has a name of its own, and a summary", "[collective]") {
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms()) {
        names.emplace_back(algorithm.name);
        INFO(algorithm.name);
        CHECK(algorithm.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos);
        CHECK(algorithm.summary.size() > 20);
        CHECK(find_algorithm(algorithm.name) == &algorithm);
    }
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
    CHECK(find_algorithm("magic") == nullptr);
}

TEST_CASE("one algorithm is the reference, and reads no costs", "[collective]") {
    CHECK(std::ranges::count_if(algorithms(), &Algorithm::is_reference) == 1);
    CHECK(reference_algorithm().costs.empty());
}

TEST_CASE("every algorithm's costs are a group of the table, and every group of one is some algorithm's", "[collective]") {
    for (const Algorithm& algorithm : algorithms()) {
        INFO(algorithm.name);
        CHECK((algorithm.costs.empty() || std::ranges::count(cost_groups(), algorithm.costs, &CostGroup::name) == 1));
    }
    for (const CostGroup& group : cost_groups()) {
        INFO(group.name);
        CHECK((group.owner == CostOwner::layer || group.name == "calls" ||
               std::ranges::count(algorithms(), group.name, &Algorithm::costs) > 0));
    }
}

TEST_CASE("every algorithm is worked out by hand in a test, and has its line in the manual", "[collective]") {
    const std::string tests = all_of(source / "tests/collective"), manual = read_file(source / "docs/algorithms.md");
    for (const Algorithm& algorithm : algorithms()) {
        const std::string name(algorithm.name);
        INFO(name << ": a test case in tests/collective/ tagged [closed-form][" << name << "], a line in docs/algorithms.md");
        CHECK(contains(tests, "[closed-form][" + name + "]"));
        CHECK(contains(manual, "\n| `" + name + "` | "));
    }
}

TEST_CASE("a token weighs what each algorithm adds to its elements and scales", "[collective]") {
    using Sizes = std::pair<double, double>;
    CHECK(sizes("direct") == Sizes(7168 + 224 + 12, 14336));
    CHECK(sizes("nccl") == Sizes(7404, 14336));
    CHECK(sizes("low-latency") == Sizes(7392 + 16, 14336));  // an index of 4 B, padded
    CHECK(sizes("dedup") ==
          Sizes(7392 + 4 + 8 * 12, 14336 + 4 + 8 * 4));  // index; ids of 8 B and weights of 4 B, and these alone
    // DeepEP: 8 B of the source's place, ids and weights of 4 B: 7392 + 8 + 64 = 7464, and 14336 + 8 + 32 = 14376; whole 16 B.
    CHECK(sizes("two-level") == Sizes(7472, 14384));
    CHECK(sizes("two-level", single_switch_cluster(1, 4)) == Sizes(7392 + 4 + 96, 14336 + 4 + 32));  // as dedup
}

}  // namespace tokenyard
