// SPDX-License-Identifier: Apache-2.0
// The table of costs: what everything that knows a cost relies on.
#include "model/costs.hpp"
#include "input/input.hpp"
#include "report/report.hpp"
#include "support/files.hpp"
#include "support/plans.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>

namespace tokenyard {

TEST_CASE("every row of the costs has a name of its own, says what it is, and where that was read", "[model]") {
    std::set<std::string_view> names;
    for (const CostKey& key : cost_keys()) {
        INFO(key.name);
        CHECK(names.insert(key.name).second);
        CHECK(key.name == std::string(key.group) + "." + std::string(key.key()));
        CHECK(!key.meaning.empty());
        CHECK(!key.source.empty());
        CHECK(find_cost(key.name) == &key);
        CHECK((key.kind == CostKind::choice) == !key.limits.words.empty());
        CHECK((key.kind == CostKind::count) == (key.limits.most > 0));
    }
    CHECK(!find_cost("nccl.lunch"));
}

TEST_CASE("a row's value is its member's", "[model]") {
    Costs costs;
    find_cost("nccl.launch")->set(costs, 5e-6);
    find_cost("two_level.sms")->set(costs, 12);
    find_cost("mpi.eager_limit")->set(costs, 4096);
    find_cost("nccl.lone_work_efficiency")->set(costs, 0.5);
    CHECK(in_microseconds(costs.nccl.launch) == Approx(5));
    CHECK(costs.two_level.sms == 12);
    CHECK(costs.mpi.eager_limit == bytes(4096));
    CHECK(costs.nccl.lone_work_efficiency == 0.5);
    for (const CostKey& key : cost_keys()) {
        INFO(key.name);
        const double initial = key.get(Costs{});
        CHECK((initial == key.initial || (std::isnan(initial) && std::isnan(key.initial))));
    }
}

TEST_CASE("every cost is written as YAML and reads back as it was", "[model]") {
    const TemporaryFolder folder;
    Costs all = every_cost();
    all.name = "all";
    all.sources = {"none"};
    all.nccl.search_channels = 12;
    const Costs read = read_calibration(folder.write("all.yaml", as_yaml(all))).costs;
    for (const CostKey& key : cost_keys()) {
        INFO(key.name);
        CHECK(key.get(read) == Approx(key.get(all)).epsilon(1e-11));
    }
}

TEST_CASE("a cost that was not given is what it follows", "[model]") {
    Costs costs;
    const auto in_effect_of = [&](const char* name) {
        const double value = in_effect(costs, *find_cost(name));
        CHECK(value == find_cost(name)->get(in_effect(costs)));
        return value / 1e9;
    };
    costs.two_level.sm_rate = gigabytes_per_second(10);
    CHECK(in_effect_of("two_level.combine_sm_rate") == Approx(10));
    CHECK(in_effect_of("two_level.forward_sm_rate") == Approx(10));
    CHECK(in_effect_of("two_level.combine_forward_sm_rate") == Approx(10));
    costs.two_level.combine_sm_rate = gigabytes_per_second(5);
    CHECK(in_effect_of("two_level.forward_sm_rate") == Approx(10));
    CHECK(in_effect_of("two_level.combine_forward_sm_rate") == Approx(5));
    costs.two_level.forward_sm_rate = gigabytes_per_second(20);
    CHECK(in_effect_of("two_level.combine_forward_sm_rate") == Approx(20));
    costs.two_level.combine_forward_sm_rate = gigabytes_per_second(25);
    CHECK(in_effect_of("two_level.combine_forward_sm_rate") == Approx(25));
}

}  // namespace tokenyard
