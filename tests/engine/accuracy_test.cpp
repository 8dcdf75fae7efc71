// SPDX-License-Identifier: Apache-2.0
// What the fluid engine promises when it need not be exact, held against exact runs.
#include "cluster/build_fabric.hpp"
#include "collective/plan.hpp"
#include "engine/simulate.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace tokenyard {
namespace {

#ifdef NDEBUG
constexpr int nodes = 10;
const std::vector<int> oversubscriptions{0, 1, 3};
const std::vector<std::uint32_t> seeds{1, 2};
#else  // unoptimised and under sanitizers: just more steps at once than are always settled exactly
constexpr int nodes = 6;
const std::vector<int> oversubscriptions{3};
const std::vector<std::uint32_t> seeds{1};
#endif

/// Nodes of 8 GPUs with a NIC each; 0: one switch, else leaves of 2 nodes below spines that carry so much less.
Cluster some_nodes(int oversubscription) {
    Cluster cluster = single_switch_cluster(nodes, 8);
    if (oversubscription > 0) {
        FatTree tree;
        tree.leaf_ports = 24;
        tree.leaf_down_ports = 16;
        tree.oversubscription = oversubscription;
        cluster.network->kind = tree;
    }
    return cluster;
}

struct Errors {
    double makespan = 0, end = 0;  // as parts of the exact makespan
};

Errors compare(const Timeline& exactly, const Timeline& roughly) {
    Errors errors;
    errors.makespan = std::abs(roughly.makespan / exactly.makespan - 1);
    for (std::size_t step = 0; step < exactly.end.size(); ++step)
        errors.end = std::max(errors.end, std::abs((roughly.end[step] - exactly.end[step]) / exactly.makespan));
    return errors;
}

}  // namespace

TEST_CASE("the fluid engine keeps to the accuracy that it is asked for", "[model][full]") {
    // Algorithms with more bytes in flight than are always settled exactly, and all that wait for each other.
    const int oversubscription = GENERATE(from_range(oversubscriptions));
    const std::uint32_t seed = GENERATE(from_range(seeds));
    const Fabric fabric = build_fabric(some_nodes(oversubscription));
    Exchange exchange = routed_exchange(fabric, 2, 4, 4096, 1000, seed);
    if (seed == 2) exchange = combine_of(exchange);
    const std::string name = GENERATE_COPY(from_range(algorithms_for(exchange, fabric)));
    const Schedule schedule = plan(*find_algorithm(name), exchange, fabric, some_costs());
    const Timeline exactly = simulate(fabric, {schedule}, EngineKind::fluid, {}).front();
    for (const double part : {1e-3, 1e-2}) {
        const Accuracy accuracy{part};
        const Errors errors = compare(exactly, simulate(fabric, {schedule}, EngineKind::fluid, {}, accuracy).front());
        INFO(name << ", oversubscription " << oversubscription << ", seed " << seed << ", accuracy " << part);
        CHECK(errors.makespan < accuracy.makespan);
        CHECK(errors.end < accuracy.end());
    }
}

TEST_CASE("an inexact run carries every byte, and none faster than its links can", "[model]") {
    const Fabric fabric = build_fabric(some_nodes(2));
    const Schedule schedule = plan(*find_algorithm("direct"), routed_exchange(fabric, 2, 4, 4096, 1000, 3), fabric, {});
    const Timeline timeline = simulate(fabric, {schedule}, EngineKind::fluid, {}, {1e-2}).front();
    CHECK(timeline.delivery_error < 1e-9);
    double earliest = 0;  // of all ends, as a part of what the step would take alone
    std::vector<LinkId> links;
    for (StepId id = 0; id < schedule.steps().size(); ++id) {
        const Step& step = schedule.steps()[id];
        if (step.volume.si == 0) continue;
        links.clear();
        append_links(fabric, step, links);
        Seconds alone;
        for (const LinkId link : links) alone = std::max(alone, step.volume / fabric.links[link].capacity);
        const double part = alone / (timeline.end[id] - timeline.start[id]);
        earliest = std::max(earliest, part);
    }
    CHECK(earliest < 1 + 1e-9);
}

}  // namespace tokenyard
