// SPDX-License-Identifier: Apache-2.0
// What every algorithm must do, whatever the cluster and the tokens: bring each byte to where it is for.
#include "cluster/build_fabric.hpp"
#include "collective/plan.hpp"
#include "engine/simulate.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"
#include "support/random_case.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace tokenyard {
namespace {

struct Planned {
    Fabric fabric;
    Exchange exchange;
    Schedule schedule;
};

Planned each_plan(const Algorithm& algorithm, std::uint32_t seed) {
    Planned planned;
    const RandomCase random = random_case(seed);
    INFO(random.description);
    planned.fabric = build_fabric(random.cluster);
    planned.exchange = routed_exchange(planned.fabric, 2, 3, 60, 40, seed);
    if (seed % 2 == 1) planned.exchange = combine_of(planned.exchange);
    planned.exchange = as_taken_by(algorithm, std::move(planned.exchange), planned.fabric);
    planned.schedule = plan(algorithm, planned.exchange, planned.fabric, some_costs());
    return planned;
}

/// What each rank must receive in all, its own part included, counted from the tokens and not from the schedule. Sizes of tokens
/// are worked out by hand in tests/collective/algorithms_test.cpp.
std::vector<double> due(const Algorithm& algorithm, const Exchange& exchange, const Fabric& fabric) {
    const int ranks = exchange.volumes.rows();
    const TokenMatrix& tokens = exchange.tokens->counts;
    const bool is_dispatch = exchange.direction == Direction::dispatch;
    const double size = in_bytes(algorithm.token_size(exchange, fabric, in_effect(some_costs())));
    const std::vector<int> islands = fabric.island_of_each_rank();
    std::vector<double> of_rank(static_cast<std::size_t>(ranks));
    for (int home = 0; home < ranks; ++home)
        for (int other = 0; other < ranks; ++other) {
            double& receiver = of_rank[static_cast<std::size_t>(is_dispatch ? other : home)];
            const bool same_island = islands[static_cast<std::size_t>(home)] == islands[static_cast<std::size_t>(other)];
            if (algorithm.granularity == Granularity::expert) {
                if (algorithm.packing == Packing::apart)
                    of_rank[static_cast<std::size_t>(other)] += in_bytes(exchange.volumes.at(home, other));
                else receiver += tokens.copies.at(home, other) * size;
            } else if (algorithm.granularity == Granularity::rank || is_dispatch || same_island) {
                receiver += tokens.unique_per_rank.at(home, other) * size;
            }
        }
    if (algorithm.granularity == Granularity::island && !is_dispatch)  // from other islands come sums, one a token
        for (int home = 0; home < ranks; ++home)
            for (int island = 0; island <= islands.back(); ++island)
                if (island != islands[static_cast<std::size_t>(home)])
                    of_rank[static_cast<std::size_t>(home)] += tokens.unique_per_island.at(home, island) * size;
    return of_rank;
}

}  // namespace

TEST_CASE("every algorithm delivers to every rank just what is for it", "[collective]") {
    const Algorithm& algorithm = *GENERATE(from_range(every_algorithm()));
    const auto seed = static_cast<std::uint32_t>(GENERATE(range(3000, 3020)));
    const Planned planned = each_plan(algorithm, seed);
    INFO(algorithm.name << ", seed " << seed);
    const int ranks = planned.exchange.volumes.rows();
    const VolumeMatrix arrives = delivered(planned.schedule, ranks);
    double total = in_bytes(planned.schedule.kept);
    const std::vector<double> wanted = due(algorithm, planned.exchange, planned.fabric);
    for (int rank = 0; rank < ranks; ++rank) {
        double received = 0;
        for (int source = 0; source < ranks; ++source) received += in_bytes(arrives.at(source, rank));
        total += received;
        CHECK(received <= wanted[static_cast<std::size_t>(rank)]);
    }
    CHECK(total == std::accumulate(wanted.begin(), wanted.end(), 0.0));
}

TEST_CASE("no algorithm's transfer carries less than it delivers and relays", "[collective]") {
    const Algorithm& algorithm = *GENERATE(from_range(every_algorithm()));
    const Planned planned = each_plan(algorithm, static_cast<std::uint32_t>(GENERATE(range(3100, 3106))));
    INFO(algorithm.name);
    for (const Step& step : planned.schedule.steps()) {
        CHECK(step.volume >= step.delivered + step.relayed);
        CHECK(in_bytes(step.volume) == std::floor(in_bytes(step.volume)));
        CHECK((step.kind == StepKind::transfer || step.delivered.si + step.relayed.si == 0));
    }
}

TEST_CASE("which NIC is whose changes no exchange where all NICs are alike", "[model]") {
    const Algorithm& algorithm = *GENERATE(from_range(every_algorithm()));
    const auto map = GENERATE(std::vector<int>{3, 2, 1, 0}, std::vector<int>{1, 0, 3, 2}, std::vector<int>{2, 3, 0, 1});
    INFO(algorithm.name);
    const auto completion = [&](const std::vector<int>& nic_of_gpu) {
        Cluster cluster = single_switch_cluster(3, 4);
        for (std::size_t gpu = 0; gpu < 4; ++gpu) cluster.groups.front().node.nics->of_gpu[gpu] = {nic_of_gpu[gpu]};
        const Fabric fabric = build_fabric(cluster);
        const Exchange exchange = as_taken_by(algorithm, routed_exchange(fabric, 2, 3, 600, 40, 1), fabric);
        return simulate(fabric, {plan(algorithm, exchange, fabric, some_costs())}, EngineKind::fluid, {}).front().makespan;
    };
    CHECK(completion(map).si == Approx(completion({0, 1, 2, 3}).si).epsilon(1e-9));
}

#ifdef NDEBUG
constexpr int cases_of_each = 105;  // with those of tests/engine/sharing_test.cpp more than 1,000
#else
constexpr int cases_of_each = 16;  // unoptimised and under sanitizers SimGrid takes long
#endif

TEST_CASE("both engines end every step of every algorithm at the same time", "[model][full]") {
    const Algorithm& algorithm = *GENERATE(from_range(every_algorithm()));
    const auto seed = static_cast<std::uint32_t>(GENERATE(range(3200, 3200 + cases_of_each)));
    const Planned planned = each_plan(algorithm, seed);
    INFO(algorithm.name << ", seed " << seed);
    const Timeline simgrid = simulate(planned.fabric, {planned.schedule}, EngineKind::simgrid, {}).front();
    const Timeline fluid = simulate(planned.fabric, {planned.schedule}, EngineKind::fluid, {}).front();
    double worst = 0;
    for (StepId step = 0; step < planned.schedule.steps().size(); ++step)
        if (fluid.end[step].si > 0)
            worst = std::max(worst, std::abs(simgrid.end[step].si - fluid.end[step].si) / fluid.end[step].si);
    CHECK(worst < 1e-6);
    CHECK(simgrid.delivery_error < 1e-3);  // its clock is good to about 1e-12 s, in which a token of 120 B may move by this much
    CHECK(fluid.delivery_error < 1e-6);
}

#ifdef NDEBUG
TEST_CASE("both engines end every step at the same time with 64 ranks", "[model][full]") {
    const char* const name = GENERATE("direct", "nccl", "two-level", "mpi-pairwise");
    Cluster cluster = single_switch_cluster(8, 8);
    FatTree tree;  // two nodes a leaf, and spines that carry a little less: nearly tied with the NICs
    tree.leaf_ports = 32;
    tree.leaf_down_ports = 16;
    tree.oversubscription = 1.1;
    cluster.network->kind = tree;
    const Fabric fabric = build_fabric(cluster);
    const Schedule schedule = plan(*find_algorithm(name), routed_exchange(fabric, 2, 4, 4096, 200, 1), fabric, some_costs());
    INFO(name);
    const Timeline simgrid = simulate(fabric, {schedule}, EngineKind::simgrid, {}).front();
    const Timeline fluid = simulate(fabric, {schedule}, EngineKind::fluid, {}).front();
    double worst = 0;
    for (StepId step = 0; step < schedule.steps().size(); ++step)
        if (fluid.end[step].si > 0)
            worst = std::max(worst, std::abs(simgrid.end[step].si - fluid.end[step].si) / fluid.end[step].si);
    CHECK(worst < 1e-6);
}
#endif

}  // namespace tokenyard
