// SPDX-License-Identifier: Apache-2.0
// The two engines against each other, and against the rule that both follow.
#include "cluster/build_fabric.hpp"
#include "collective/plan.hpp"
#include "engine/simulate.hpp"
#include "support/plans.hpp"
#include "support/random_case.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace tokenyard {

TEST_CASE("both engines end every transfer of random exchanges at the same time", "[model]") {
    const auto seed = static_cast<std::uint32_t>(GENERATE(range(0, 60)));
    const RandomCase random = random_case(seed);
    INFO("seed " << seed << ": " << random.description);
    const Fabric fabric = build_fabric(random.cluster);
    const Schedule schedule = plan_direct(random.volumes, fabric);
    const Timeline simgrid = simulate(fabric, {schedule}, EngineKind::simgrid, {}).front();
    const Timeline fluid = simulate(fabric, {schedule}, EngineKind::fluid, {}).front();
    double worst = 0;
    for (std::size_t i = 0; i < schedule.steps().size(); ++i)
        worst = std::max(worst, std::abs(simgrid.end[i].si - fluid.end[i].si) / fluid.end[i].si);
    CHECK(worst < 1e-6);
    // What SimGrid did between the ends was max-min sharing too: every transfer carried just its volume.
    CHECK(simgrid.delivery_error < 1e-6);
    CHECK(fluid.delivery_error < 1e-6);
}

TEST_CASE("the bytes that links carry are the bytes planned over them", "[model]") {
    const auto seed = static_cast<std::uint32_t>(GENERATE(range(100, 120)));
    const RandomCase random = random_case(seed);
    INFO("seed " << seed << ": " << random.description);
    const Fabric fabric = build_fabric(random.cluster);
    const Schedule schedule = plan_direct(random.volumes, fabric);
    const Timeline timeline = simulate(fabric, {schedule}, EngineKind::fluid, {}).front();
    double planned = 0, sent = 0, worst = 0;
    std::vector<double> on_link(fabric.links.size());
    for (std::size_t i = 0; i < schedule.steps().size(); ++i) {
        planned += schedule.steps()[i].volume.si;
        std::vector<LinkId> links;
        append_links(fabric, schedule.steps()[i], links);
        for (const LinkId link : links) on_link[link] += schedule.steps()[i].volume.si;
    }
    for (int source = 0; source < random.volumes.rows(); ++source)
        for (int destination = 0; destination < random.volumes.columns(); ++destination)
            if (source != destination) sent += random.volumes.at(source, destination).si;
    CHECK(planned == sent);
    for (std::size_t link = 0; link < on_link.size(); ++link)
        worst = std::max(worst, std::abs(timeline.activity[link].carried.si - on_link[link]) / std::max(on_link[link], 1.0));
    CHECK(worst < 1e-6);
}

}  // namespace tokenyard
