// SPDX-License-Identifier: Apache-2.0
// The algorithms of MPI, by hand, on both engines, on the clusters of closed_forms_test.cpp: NVLink carries 100 GB/s each
// way, a NIC 50 GB/s (1 MB takes 10 us and 20 us).
#include "cluster/build_fabric.hpp"
#include "support/clusters.hpp"
#include "support/plans.hpp"
#include "support/runs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

namespace tokenyard {
namespace {

constexpr double MB = 1e6;

}  // namespace

TEST_CASE("mpi-linear without overheads ends as the direct exchange does", "[model][closed-form][mpi-linear]") {
    // Each NIC sends to two ranks and receives from two: 25 GB/s a transfer. After 40 us the transfers of 1 MB are over;
    // 0 -> 2 has 4 MB left and both its NICs to itself: 40 + 80 = 120 us. 3 -> 1 has 2 MB left: 40 + 40 = 80 us.
    const Run linear = run("mpi-linear", exchange_of(uneven()), {});
    CHECK(linear.end(0, 2) == exactly(120));
    CHECK(linear.end(3, 1) == exactly(80));
    CHECK(linear.end(1, 2) == exactly(40));
    CHECK(linear.makespan() == exactly(120));
}

TEST_CASE("mpi messages cost their overheads, and large ones a handshake", "[model]") {
    // Rank 1 posts its receive (1 us) and rank 0 its send (1 us). A way takes 2 us. Rendezvous: there and back, 4 us, then
    // 2 us + 1 MB / 50 GB/s: 1 + 4 + 2 + 20 = 27 us. Eager: 1 + 2 + 20 = 23 us.
    Cluster cluster = single_switch_cluster(2, 1);
    cluster.groups[0].node.nics->latency = microseconds(2);
    const Exchange one = exchange_of(volumes_from({{0, 1 * MB}, {0, 0}}));
    Costs costs;
    costs.mpi.overhead = microseconds(1);
    SECTION("rendezvous") { CHECK(run("mpi-linear", one, costs, cluster).makespan() == exactly(27)); }
    SECTION("eager") {
        costs.mpi.eager_limit = bytes(1 * MB);
        CHECK(run("mpi-linear", one, costs, cluster).makespan() == exactly(23));
    }
}

TEST_CASE("mpi-linear posts its sends one after another", "[model]") {
    // Rank 0 sends 50 B to ranks 1, 2 and 3 of single GPUs, 1 us of CPU each: they leave at 1, 2 and 3 us and take 1 ns.
    Costs costs;
    costs.mpi = {.overhead = microseconds(1), .eager_limit = bytes(1)};
    VolumeMatrix volumes(4, 4);
    for (int destination = 1; destination < 4; ++destination) volumes.at(0, destination) = bytes(50);
    const Run linear = run("mpi-linear", exchange_of(volumes), costs, single_switch_cluster(4, 1));
    CHECK(linear.end(0, 1) == exactly(1.001));
    CHECK(linear.end(0, 3) == exactly(3 + 0.001));
}

TEST_CASE("mpi-linear sends in the order of ranks, or backwards from its own", "[model]") {
    // 50 B from every one of 4 single GPUs to every other one; 3 us for the receives, then 1 us for each send. In order, rank 3
    // sends to 0, 1 and 2 at 4, 5 and 6 us, and rank 0 to 1, 2 and 3. All three messages for rank 0 come at 4 us and share its
    // NIC: 3 ns. Backwards, rank 3 begins with 2, and each NIC has one message at a time: 1 ns.
    Costs costs;
    costs.mpi = {.overhead = microseconds(1), .eager_limit = bytes(50)};
    const Exchange exchange = exchange_of(uniform_volumes(4, 50));
    const Run in_order = run("mpi-linear", exchange, costs, single_switch_cluster(4, 1));
    for (int source = 1; source < 4; ++source) CHECK(in_order.end(source, 0) == exactly(4.003));
    CHECK(in_order.end(3, 2) == exactly(6.001));  // those of ranks 0 and 1 for rank 2 have come at 5 us
    CHECK(in_order.end(0, 3) == exactly(6.003));
    costs.mpi.linear_order = linear_rotated;
    const Run backwards = run("mpi-linear", exchange, costs, single_switch_cluster(4, 1));
    CHECK(backwards.end(3, 2) == exactly(4.001));
    CHECK(backwards.end(3, 0) == exactly(6.001));
    CHECK(backwards.end(0, 3) == exactly(4.001));
}

TEST_CASE("a NIC that fetches large messages has so many under way", "[model]") {
    // Ranks 1, 2 and 3 of single GPUs have 1 MB for rank 0; a way takes 2 us. Requests are there at 2 us, and the first bytes
    // at 6. Sent, or in three places, the three share the NIC: 66 us. In one they come one behind the other, 20 us each, in two
    // the third takes the place of the first. With 100 kB beside each request, all there at 2 + 6 = 8 us, 900 kB are left, 18 us.
    Cluster cluster = single_switch_cluster(4, 1);
    cluster.groups[0].node.nics->latency = microseconds(2);
    const Exchange exchange = exchange_of(volumes_from({{0, 0, 0, 0}, {1 * MB, 0, 0, 0}, {1 * MB, 0, 0, 0}, {1 * MB, 0, 0, 0}}));
    Costs costs;
    const auto check_ends = [&](double first, double second, double third) {
        const Run linear = run("mpi-linear", exchange, costs, cluster);
        std::vector<double> ends{linear.end(1, 0), linear.end(2, 0), linear.end(3, 0)};
        std::ranges::sort(ends);
        CHECK(ends[0] == exactly(first));
        CHECK(ends[1] == exactly(second));
        CHECK(ends[2] == exactly(third));
    };
    check_ends(66, 66, 66);
    costs.mpi.gets = 3;
    check_ends(66, 66, 66);
    costs.mpi.gets = 2;
    check_ends(46, 46, 66);
    costs.mpi.gets = 1;
    check_ends(26, 46, 66);
    costs.mpi.rendezvous_eager = bytes(100e3);
    check_ends(8 + 4 + 18, 8 + 4 + 36, 8 + 4 + 54);
    costs.mpi.eager_limit = bytes(1 * MB);  // nothing is fetched then
    check_ends(62, 62, 62);
}

TEST_CASE("NICs that fetch in orders of their own meet at senders while others have nothing to send", "[model]") {
    // 8 ranks, 1 MB for each other one. Sent at once, every NIC is full from the first to the last byte: 7 x 20 = 140 us. Fetched
    // in few places, receivers that come to one sender leave another one idle, so that it takes longer. A sender has never more
    // than seven gets at once, so that none takes longer than 140 us, and seven of them one behind the other 980.
    Costs costs;
    const Exchange exchange = exchange_of(uniform_volumes(8, 1 * MB));
    CHECK(run("mpi-linear", exchange, costs, single_switch_cluster(8, 1)).makespan() == exactly(140));
    costs.mpi.gets = 7;
    CHECK(run("mpi-linear", exchange, costs, single_switch_cluster(8, 1)).makespan() == exactly(140));
    costs.mpi.gets = 1;
    const double one = run("mpi-linear", exchange, costs, single_switch_cluster(8, 1)).makespan();
    costs.mpi.gets = 3;
    const double three = run("mpi-linear", exchange, costs, single_switch_cluster(8, 1)).makespan();
    CHECK(three > 150);
    CHECK(one > three + 20);
    CHECK(one < 7 * 140);
    // Pairwise has one message for each receiver anyway.
    costs.mpi.gets = 1;
    CHECK(run("mpi-pairwise", exchange, costs, single_switch_cluster(8, 1)).makespan() == exactly(140));
}

TEST_CASE("mpi is linear or pairwise by the number of ranks", "[model][closed-form][mpi]") {
    // As above for 4 ranks: linear 120 us. 3 ranks are fewer than 4: pairwise. Rank 0 has 3 MB for rank 1, rank 1 has 1 MB for
    // rank 2: step 1, 3 MB at 50 GB/s, 60 us, and 20 us. Step 2: rank 2's 2 MB to rank 1, which is busy until 60 us: 100 us.
    // Linear, they would share rank 1's NIC: 80 us for 2 MB, and 3 MB at 100 us: the same end, but 2 -> 1 at 80 us.
    CHECK(run("mpi", exchange_of(uneven()), {}).makespan() == exactly(120));
    const Exchange three = exchange_of(volumes_from({{0, 3 * MB, 0}, {0, 0, 1 * MB}, {0, 2 * MB, 0}}));
    CHECK(run("mpi", three, {}, single_switch_cluster(3, 1)).end(2, 1) == exactly(100));
    CHECK(run("mpi-linear", three, {}, single_switch_cluster(3, 1)).end(2, 1) == exactly(80));
}

TEST_CASE("mpi says what it takes", "[collective]") {
    const auto takes = find_algorithm("mpi")->takes;
    CHECK(takes(1).reason == "mpi-pairwise, as Open MPI takes for 1 to 3 ranks");
    CHECK(takes(3).reason == "mpi-pairwise, as Open MPI takes for 1 to 3 ranks");
    CHECK(takes(4).reason == "mpi-linear, as Open MPI takes for 4 to 63 ranks");
    CHECK(takes(63).reason == "mpi-linear, as Open MPI takes for 4 to 63 ranks");
    CHECK(takes(64).reason == "mpi-pairwise, as Open MPI takes for 64 to 127 ranks");
    CHECK(takes(128).reason == "mpi-linear, as Open MPI takes for 128 to 255 ranks");
    CHECK(takes(256).reason == "mpi-pairwise, as Open MPI takes for 256 to 1023 ranks");
    CHECK(takes(1024).reason == "mpi-linear, as Open MPI takes for 1024 ranks and more");
    CHECK(takes(8).algorithm->name == "mpi-linear");
    CHECK(find_algorithm("mpi-linear")->takes(8).algorithm == nullptr);
}

TEST_CASE("mpich waits for every block of peers", "[model][closed-form][mpich]") {
    // Blocks of two. Block 1, oneself and the rank before: 1 -> 0 4 MB NVLink 40 us, 2 -> 1 1 MB NIC 20, 3 -> 2 2 MB NVLink 20,
    // 0 -> 3 1 MB NIC 20: ranks 0 and 1 are through at 40 us, 2 and 3 at 20.
    // Block 2, two and three ranks before: 2 -> 3 6 MB NVLink, 20 to 80. All else waits for rank 0 or 1: at 40 us begin 0 -> 2
    // 5 MB, 1 -> 3 2, 2 -> 0 2, 3 -> 1 3, 1 -> 2 1 and 3 -> 0 1, each on a NIC that another one shares: 25 GB/s. At 80 us those
    // of 1 MB are over; 0 -> 2 has 4 MB left: 160 us; 1 -> 3 and 2 -> 0 one: 100; 3 -> 1 two: 120.
    Costs costs;
    costs.mpi.block = 2;
    const Run mpich = run("mpich", exchange_of(uneven()), costs);
    CHECK(mpich.end(1, 0) == exactly(40));
    CHECK(mpich.end(2, 3) == exactly(80));
    CHECK(mpich.end(1, 2) == exactly(80));
    CHECK(mpich.end(2, 0) == exactly(100));
    CHECK(mpich.end(3, 1) == exactly(120));
    CHECK(mpich.makespan() == exactly(160));
    costs.mpi.block = 32;  // all at once, as mpi-linear
    CHECK(run("mpich", exchange_of(uneven()), costs).makespan() == exactly(120));
    // Eager messages do not hold their sender: rank 1, which has received at 20 us, goes on then. Its two share its NIC until
    // 1 -> 2 is over at 60 us; 1 -> 3 has 1 MB left: 80 us.
    costs.mpi = {.eager_limit = bytes(10 * MB), .block = 2};
    CHECK(run("mpich", exchange_of(uneven()), costs).end(1, 3) == exactly(80));
}

TEST_CASE("mpich posts a block's receives, then its sends", "[model]") {
    // 50 B from every one of 3 single GPUs to every other one, 1 us each: blocks of two. Block 1: a receive and a send, at 2 us,
    // all over at 2.001. Block 2: the same, 4.002.
    Costs costs;
    costs.mpi = {.overhead = microseconds(1), .eager_limit = bytes(50), .block = 2};
    const Run mpich = run("mpich", exchange_of(uniform_volumes(3, 50)), costs, single_switch_cluster(3, 1));
    CHECK(mpich.end(2, 1) == exactly(2.001));
    CHECK(mpich.end(0, 1) == exactly(4.002));
    CHECK(mpich.makespan() == exactly(4.002));
}

TEST_CASE("mpi-pairwise goes in steps, and each rank waits for both of its partners", "[model][closed-form][mpi-pairwise]") {
    // step 1: 0 -> 1 2 MB NVLink 20, 1 -> 2 1 MB NIC 20, 2 -> 3 6 MB NVLink 60, 3 -> 0 1 MB NIC 20:
    //         ranks 0 and 1 are through at 20 us, ranks 2 and 3 at 60 us
    // step 2: partners are rank 0 and 2, 1 and 3: all begin at 60. 0 -> 2 5 MB NIC 100: 160; 1 -> 3 2 MB 40: 100;
    //         2 -> 0 2 MB 40: 100; 3 -> 1 3 MB 60: 120. Ranks 0 and 2 are through at 160, 1 and 3 at 120
    // step 3: 0 -> 3 1 MB 20: 180; 1 -> 0 4 MB NVLink 40: 200; 2 -> 1 1 MB 20: 180; 3 -> 2 2 MB NVLink 20: 180
    const Run pairwise = run("mpi-pairwise", exchange_of(uneven()), {});
    CHECK(pairwise.end(2, 3) == exactly(60));
    CHECK(pairwise.end(0, 2) == exactly(160));
    CHECK(pairwise.end(3, 1) == exactly(120));
    CHECK(pairwise.end(0, 3) == exactly(180));
    CHECK(pairwise.makespan() == exactly(200));
}

TEST_CASE("mpi-pairwise does not wait for its receiver with eager messages", "[model]") {
    // Step 2 begins when one's own step 1 has arrived: ranks 0, 1 and 2 at 20 us. 2 -> 0 arrives at 20 + 40 = 60 us, and rank
    // 0 goes on to step 3, 0 -> 3, which shares its NIC for 40 us. 0 -> 2 has moved 2 MB by then, then 1 MB, then alone 2 MB.
    Costs costs;
    costs.mpi.eager_limit = bytes(10 * MB);
    CHECK(run("mpi-pairwise", exchange_of(uneven()), costs).end(0, 2) == exactly(60 + 40 + 40));
}

TEST_CASE("mpi-bruck moves half of all blocks in each of its steps", "[model][closed-form][mpi-bruck]") {
    // 4 ranks, 1 MB a block. Turned first and last: 4 blocks read and written, 8/3 us each time. Distance 1: blocks 1 and
    // 3, distance 2: blocks 2 and 3; packed and unpacked, 4/3 us each; over the NICs 2 MB / 50 GB/s = 40 us.
    const double copies = 8.0 / 3 + 4 * 4.0 / 3 + 8.0 / 3;
    const Run bruck = run("mpi-bruck", exchange_of(uniform_volumes(4, 1 * MB)), {});
    CHECK(bruck.makespan() == exactly(2 * 40 + copies));
    // Block 3 goes to the next rank and then two further: relayed once for each rank.
    double relayed = 0;
    for (const Step& step : bruck.schedule.steps()) relayed += in_bytes(step.relayed);
    CHECK(relayed == 4 * 1 * MB);
}

TEST_CASE("mpi-bruck refuses unequal sizes", "[collective]") {
    const Fabric fabric = build_fabric(single_switch_cluster(2, 2));
    CHECK(find_algorithm("mpi-bruck")->refusal(exchange_of(uneven()), fabric, {}) ==
          "found pairs that exchange unequal sizes; expected equal ones (MPI_Alltoall)");
    CHECK(find_algorithm("mpi-bruck")->refusal(exchange_of(uniform_volumes(4, 1)), fabric, {}).empty());
}

}  // namespace tokenyard
