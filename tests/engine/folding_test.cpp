// SPDX-License-Identifier: Apache-2.0
// Equal transfers folded into one: the same timeline as without, and only where it is much smaller.
#include "cluster/build_fabric.hpp"
#include "collective/plan.hpp"
#include "engine/fluid/symmetry.hpp"
#include "engine/simulate.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tokenyard {
namespace {

constexpr int gpus = 8;

/// 4 nodes of 8 GPUs, a NIC each: on one switch, or on leaves of 2 nodes below spines that carry a third.
Fabric some_fabric(bool has_leaves) {
    Cluster cluster = single_switch_cluster(4, gpus);
    if (has_leaves) {
        FatTree tree;
        tree.leaf_ports = 24;
        tree.leaf_down_ports = 16;
        tree.oversubscription = 3;
        cluster.network->kind = tree;
    }
    return build_fabric(cluster);
}

/// Without a picture equal steps are folded, with one they are not.
Timeline run(const Fabric& fabric, const Schedule& schedule, bool is_folded) {
    return simulate(fabric, {schedule}, EngineKind::fluid, {}, exact, is_folded ? 0 : 10).front();
}

/// The worst of each, as parts of the makespan or of what was carried.
struct Differences {
    double times = 0, holds = 0, saturated = 0, carried = 0;
};

Differences differences(const Timeline& a, const Timeline& b, const Schedule& schedule, std::size_t links) {
    Differences worst;
    const auto differ = [&](double& most, Seconds x, Seconds y) { most = std::max(most, std::abs((x - y) / a.makespan)); };
    for (StepId step = 0; step < schedule.steps().size(); ++step) {
        differ(worst.times, a.start[step], b.start[step]);
        differ(worst.times, a.end[step], b.end[step]);
        Seconds a_held = a.capped_time(step), b_held = b.capped_time(step);
        for (const Hold& hold : a.holds_of(step)) a_held += hold.time;
        for (const Hold& hold : b.holds_of(step)) b_held += hold.time;
        differ(worst.holds, a_held, b_held);
    }
    for (LinkId link = 0; link < links; ++link) {
        differ(worst.saturated, a.activity[link].saturated, b.activity[link].saturated);
        worst.carried = std::max(worst.carried, std::abs(a.activity[link].carried.si - b.activity[link].carried.si) /
                                                    std::max(a.activity[link].carried.si, 1.0));
    }
    return worst;
}

/// As fold sees a direct exchange of these volumes: every transfer crosses the NIC that sends and the one that receives.
Problem crossing_problem(const VolumeMatrix& volumes) {
    const int ranks = volumes.rows();
    Problem problem;
    problem.capacity.assign(static_cast<std::size_t>(2 * ranks), 50e9);
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination) {
            if (source == destination) continue;
            problem.volume.push_back(volumes.at(source, destination).si);
            problem.delay.push_back(1e-6);
            problem.crossings.push_back({static_cast<LinkId>(source), 1});
            problem.crossings.push_back({static_cast<LinkId>(ranks + destination), 1});
            problem.first_crossing.push_back(static_cast<std::uint32_t>(problem.crossings.size()));
        }
    problem.waiting = Waiting(problem.volume.size(), {});
    return problem;
}

}  // namespace

TEST_CASE("a uniform exchange has one kind of transfer, and one that is odd makes a few", "[model]") {
    const std::optional<Folding> uniform = fold(crossing_problem(uniform_volumes(32, 1e6)));
    REQUIRE(uniform);
    CHECK(uniform->problem.step_count() == 1);
    REQUIRE(uniform->problem.crossings.size() == 2);
    CHECK(uniform->problem.crossings[0].times == 31);  // so many share each port
    CHECK(uniform->problem.capacity.size() == 2);

    VolumeMatrix volumes = uniform_volumes(32, 1e6);
    volumes.at(3, 7) = {2e6};
    const std::optional<Folding> odd = fold(crossing_problem(volumes));
    REQUIRE(odd);
    // The odd one; from its sender, to its receiver; by the pair's other roles (7 sends, 3 receives, from 7 to 3); the rest.
    CHECK(odd->problem.step_count() <= 12);
    CHECK(odd->problem.step_count() >= 4);
    CHECK(odd->class_of_step[3 * 31 + 6] != odd->class_of_step[0]);
}

TEST_CASE("exchanges of unequal volumes are not folded", "[model]") {
    VolumeMatrix volumes = uniform_volumes(32, 1e6);
    for (int source = 0; source < 32; ++source)
        for (int destination = 0; destination < 32; ++destination)
            if (source != destination) volumes.at(source, destination).si += (source * 37 + destination * 101) % 512;
    CHECK(!fold(crossing_problem(volumes)));
}

TEST_CASE("folded and not, every step of an exchange begins, ends and is held alike", "[model]") {
    const bool has_leaves = GENERATE(false, true);
    const int odd = GENERATE(range(0, 3));  // transfers that are larger than the others
    const Fabric fabric = some_fabric(has_leaves);
    VolumeMatrix volumes = uniform_volumes(4 * gpus, 3e6);
    if (odd > 0) volumes.at(1, 20) = {7e6};
    if (odd > 1) volumes.at(9, 2) = {5e6};
    const std::string name = GENERATE_COPY(from_range(algorithms_for(exchange_of(volumes), fabric)));
    const Schedule schedule = plan(*find_algorithm(name), exchange_of(volumes), fabric, some_costs());
    const Timeline folded = run(fabric, schedule, true), whole = run(fabric, schedule, false);
    INFO(name << (has_leaves ? ", leaves" : "") << ", odd " << odd);
    const Differences worst = differences(whole, folded, schedule, link_count(fabric, schedule));
    CHECK(worst.times < 1e-9);
    CHECK(worst.holds < 1e-9);
    CHECK(worst.saturated < 1e-9);
    CHECK(worst.carried < 1e-9);
    CHECK(folded.delivery_error < 1e-9);
}

}  // namespace tokenyard
