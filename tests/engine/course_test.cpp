// SPDX-License-Identifier: Apache-2.0
// What was carried when, bin by bin.
#include "engine/simulate.hpp"

#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"
#include "support/fabrics.hpp"
#include "support/plans.hpp"

#include <catch2/catch.hpp>

#include <numeric>

namespace tokenyard {
namespace {

LinkId id_of(const Fabric& fabric, const std::string& name) {
    return static_cast<LinkId>(&link_named(fabric, name) - fabric.links.data());
}

std::vector<double> in_bytes_of(std::span<const Bytes> row) {
    std::vector<double> bytes;
    for (const Bytes& each : row) bytes.push_back(in_bytes(each));
    return bytes;
}

}  // namespace

TEST_CASE("a course has what links carried in each bin, at the rates that they were shared at", "[model]") {
    // Ranks 0 and 1, each on a node of its own, send 6 and 2 MB to rank 2 at 50 GB/s: 25 GB/s each for 80 us, then 50 GB/s for
    // another 80 us. Of 10 bins for 160 us and a quarter more, 8 of 20 us are filled: rank 0's NIC carries 0.5 MB in each of the
    // first four, 1 MB in each of the last four.
    const Cluster cluster = single_switch_cluster(3, 1);
    const Fabric fabric = build_fabric(cluster);
    const Schedule schedule = plan_direct(volumes_from({{0, 0, 6e6}, {0, 0, 2e6}, {0, 0, 0}}), fabric);
    for (const EngineKind engine : {EngineKind::fluid, EngineKind::simgrid}) {
        const Timeline timeline = simulate(fabric, {schedule}, engine, {}, exact, 10).front();
        REQUIRE(timeline.makespan.si == Approx(160e-6));
        REQUIRE(timeline.course);
        const Course& course = *timeline.course;
        CHECK(course.bin.si == Approx(20e-6));
        REQUIRE(course.bins == 8);
        const std::vector<double> fast = in_bytes_of(course.row(course.carried, id_of(fabric, "node0/nic0/out"))),
                                  slow = in_bytes_of(course.row(course.carried, id_of(fabric, "node1/nic0/out"))),
                                  received = in_bytes_of(course.row(course.received, 2));
        for (std::size_t bin = 0; bin < 8; ++bin) {
            INFO("bin " << bin);
            CHECK(fast[bin] == Approx(bin < 4 ? 0.5e6 : 1e6).margin(2));
            CHECK(slow[bin] == Approx(bin < 4 ? 0.5e6 : 0).margin(2));
            CHECK(received[bin] == Approx(1e6).margin(2));
        }
        CHECK(in_bytes_of(course.row(course.sent, 0)) == fast);
    }
}

TEST_CASE("a course that outgrows its bins makes them wider and loses nothing", "[model]") {
    // 7 MB on 50 GB/s take 140 us, but each of three ranks sends only when it has received all: 420 us, three times what the
    // fullest link needs.
    const Fabric fabric = build_fabric(single_switch_cluster(3, 1));
    Schedule schedule;
    Step step;
    step.volume = step.delivered = bytes(7e6);
    step.destination = 1;
    const StepId first = schedule.add(step);
    step.source = 1;
    step.destination = 2;
    const StepId second = schedule.add(step, {first});
    step.source = 2;
    step.destination = 0;
    schedule.add(step, {second});
    const Timeline timeline = simulate(fabric, {schedule}, EngineKind::fluid, {}, exact, 6).front();
    REQUIRE(timeline.makespan.si == Approx(420e-6));
    const Course& course = *timeline.course;
    CHECK(course.bin.si == Approx(4 * 175e-6 / 6));  // 6 bins for 140 us and a quarter more double twice to hold 420 us
    CHECK(course.bins == 4);
    for (LinkId link = 0; link < fabric.links.size(); ++link) {
        INFO(fabric.links[link].name);
        const std::span<const Bytes> row = course.row(course.carried, link);
        CHECK(std::accumulate(row.begin(), row.end(), Bytes{}).si == Approx(timeline.activity[link].carried.si).margin(1e-3));
        for (const Bytes& carried : row) CHECK(carried.si <= fabric.links[link].capacity.si * course.bin.si * (1 + 1e-9));
    }
}

}  // namespace tokenyard
