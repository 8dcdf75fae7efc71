// SPDX-License-Identifier: Apache-2.0
// NCCL's all-to-all by copy engines, by hand, on both engines, on the clusters of closed_forms_test.cpp: NVLink carries 100 GB/s
// each way, a NIC 50 GB/s (1 MB takes 10 us and 20 us).
#include "cluster/build_fabric.hpp"
#include "input/input.hpp"
#include "report/report.hpp"
#include "support/clusters.hpp"
#include "support/files.hpp"
#include "support/plans.hpp"
#include "support/runs.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

constexpr double MB = 1e6;

}  // namespace

TEST_CASE("copy engines cut large copies since NCCL 2.29, and took turns before", "[model]") {
    // 12 GPUs of one switch. 48 MiB a peer are 576 MiB a rank. By 2.28 8 at a time: oneself and 7 peers, then 4 peers, and three
    // barriers of two memory operations of 1 us. By 2.29 pieces of 512 MiB / 12, two of them, and two barriers.
    constexpr double volume = 48.0 * 1024 * 1024;
    Costs costs;
    costs.nccl.launch = microseconds(7);
    costs.nccl.copy_engines = true;
    costs.nccl.memory_operation = microseconds(1);
    VolumeMatrix volumes = uniform_volumes(12, volume);
    for (int rank = 0; rank < 12; ++rank) volumes.at(rank, rank) = bytes(volume);
    const double copies = 11 * volume / 100e3;  // us, at 100 GB/s
    const Run turns = run("nccl", exchange_of(volumes), costs, single_switch_cluster(1, 12));
    CHECK(turns.makespan() == exactly(7 + 2 + copies + 2 + 2));
    costs.nccl.version = nccl_2_29;
    const Run pieces = run("nccl", exchange_of(volumes), costs, single_switch_cluster(1, 12));
    CHECK(pieces.makespan() == exactly(7 + 2 + copies + 2));
    CHECK(pieces.schedule.kept == bytes(12 * volume));
    CHECK(transfer_count(pieces.schedule) == 2 * transfer_count(turns.schedule));
    const Run alone = run("nccl-ce", exchange_of(volumes), costs, single_switch_cluster(1, 12));
    CHECK(alone.makespan() == pieces.makespan());
}

TEST_CASE("nccl-ce puts what is for other nodes while copy engines exchange in each", "[model][closed-form][nccl-ce]") {
    // 1 MB for every rank. Launch 7 us, a memory operation 1 us, a put 0.5 us, 3 us of the network beside it.
    // Rails:    begun 8, posted 8.5, there 11.5, seen 12.5. Barrier: told 13.5, seen 14.5. Puts are released at 15.5.
    // Puts:     both ranks of a node post one for place 0 of the other node at 16, for place 1 at 16.5 us; they flow from 19
    //           and 19.5 on. First alone, 2 of them into the NIC of place 0: 25 GB/s; then each NIC has two ways in and two out,
    //           25 GB/s too: place 0 has all at 59, place 1 at 59.5.
    // Copies:   1 MB over NVLink, 10 us: 25.5.
    // Signals:  seen at 60 by place 0, at 60.5 by place 1; the own puts, gone at 59.5, at 61 and 61.5. Barrier: told by all at
    //           62.5, seen 63.5.
    Costs costs;
    costs.nccl.launch = microseconds(7);
    costs.nccl.network_latency = microseconds(3);
    costs.nccl.memory_operation = microseconds(1);
    costs.nccl.put_time = microseconds(0.5);
    const Run run_of = run("nccl-ce", exchange_of(uniform_volumes(4, 1 * MB)), costs);
    CHECK(run_of.end(0, 1) == exactly(25.5));
    CHECK(run_of.end(0, 2) == exactly(59));
    CHECK(run_of.end(1, 2) == exactly(59));
    CHECK(run_of.end(0, 3) == exactly(59.5));
    CHECK(run_of.end(3, 1) == exactly(59.5));
    CHECK(run_of.makespan() == exactly(63.5));
    CHECK(find_algorithm("nccl-ce")->sms(costs, build_fabric(single_switch_cluster(2, 2))) == 0);
}

TEST_CASE("nccl-ce on 4 nodes of 8 H100 takes no SM, sends nothing over PXN, and adds a constant to what NICs need", "[model]") {
    // Behind the launch: a memory operation, signals to 3 nodes and the way of the last; a memory operation, a barrier of two,
    // one to release the puts; the eighth put, as all ranks begin with place 0 of the next node, so that the NICs of place 7 have
    // nothing before, and what its way takes beside the links; the NICs' time, which is all that `direct` has; and four more
    // memory operations. That is the same for 1 MiB a pair and for 16, and less than NCCL's kernels take. A microsecond is
    // left for how NICs share the first puts.
    const TemporaryFolder folder;
    for (const double volume : {1.0 * 1024 * 1024, 16.0 * 1024 * 1024}) {
        VolumeMatrix volumes = uniform_volumes(32, volume);
        for (int rank = 0; rank < 32; ++rank) volumes.at(rank, rank) = bytes(volume);
        const Case one =
            read_matrix_case(TOKENYARD_SOURCE "/topologies/dgx_h100_x4.yaml", folder.write("matrix.txt", as_matrix(volumes)), {});
        const Exchange exchange = exchange_of(volumes);
        const double direct = run("direct", exchange, one.costs, one.cluster).makespan();
        const Run engines = run("nccl-ce", exchange, one.costs, one.cluster),
                  kernels = run("nccl", exchange, one.costs, one.cluster);
        const Fabric fabric = build_fabric(one.cluster);
        std::vector<LinkId> route;
        const NcclCosts& costs = one.costs.nccl;
        const Seconds added = costs.launch + costs.memory_operation * 9 + costs.put_time * (3 + 8) + costs.network_latency * 2 +
                              fabric.append_route(0, 8, 0, 0, route);
        CHECK(engines.makespan() - direct == Approx(in_microseconds(added)).margin(1));
        CHECK(kernels.makespan() > engines.makespan());
        for (const Step& step : engines.schedule.steps()) CHECK(step.via[0] < 0);
        CHECK(find_algorithm("nccl-ce")->sms(one.costs, fabric) == 0);
        CHECK(find_algorithm("nccl")->sms(one.costs, fabric) == 16);
        CHECK(find_algorithm("nccl-ce")->buffers(BatchShape{}, fabric, one.costs).volume == Bytes{});
    }
}

TEST_CASE("nccl-ce cuts puts above 64 MiB into equal pieces", "[model]") {
    // 2 nodes of one GPU, 130 MiB: three pieces of 43.33 MiB, rounded up to 8 KiB: 45,441,024 B twice, and the rest.
    Costs costs;
    costs.nccl.put_time = microseconds(1);
    const double volume = 130.0 * 1024 * 1024;
    const Run run_of = run("nccl-ce", exchange_of(uniform_volumes(2, volume)), costs, single_switch_cluster(2, 1));
    std::vector<double> pieces;
    for (const Step& step : run_of.schedule.steps())
        if (step.kind == StepKind::transfer && step.source == 0) pieces.push_back(in_bytes(step.volume));
    CHECK(pieces == std::vector<double>{45441024, 45441024, volume - 2 * 45441024.0});
    // The signal is posted at 1 us. The three are posted 1, 2 and 3 us behind it, while the NIC is busy with the first.
    CHECK(run_of.makespan() == exactly(1 + 1 + volume / 50e3));
}

TEST_CASE("nccl-ce refuses what NCCL has no copy engines for", "[collective]") {
    const Algorithm& engines = *find_algorithm("nccl-ce");
    const Fabric fabric = build_fabric(single_switch_cluster(2, 2));
    CHECK(engines.refusal(exchange_of(uneven()), fabric, {}) ==
          "found pairs that exchange unequal sizes; expected equal ones, as NCCL has copy engines for ncclAlltoAll alone");
    CHECK(engines.refusal(exchange_of(uniform_volumes(1, 1)), fabric, {}) == "found a single rank; expected at least two");
    CHECK(engines.refusal(exchange_of(uniform_volumes(4, 0)), fabric, {}) ==
          "found nothing to exchange; expected equal sizes above 0 B");
    CHECK(engines.refusal(exchange_of(uniform_volumes(4, 1)), fabric, {}).empty());
}

}  // namespace tokenyard
