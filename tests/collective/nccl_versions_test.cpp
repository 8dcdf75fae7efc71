// SPDX-License-Identifier: Apache-2.0
// What differs between versions of NCCL, by hand, and the channels that its search finds.
#include "collective/nccl/batches.hpp"
#include "collective/nccl/messages.hpp"
#include "collective/nccl/rounds.hpp"
#include "collective/nccl/search.hpp"
#include "support/nccl_layouts.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace tokenyard {
namespace {

NcclCommunicator communicator_of(NcclShape shape, NcclVersion version, int channels = 16) {
    NcclLayout layout = layout_of(shape);
    layout.settings.version = version;
    layout.collective_channels = channels;
    return make_nccl_communicator(layout);
}

std::vector<int> destinations(const NcclCommunicator& communicator, int rank) {
    std::vector<int> ranks;
    for (int round = 0; round < communicator.rank_count(); ++round)
        ranks.push_back(peers_in_round(communicator, rank, round).send_to);
    return ranks;
}

/// Rounds of the works of each batch of a channel.
std::vector<std::vector<int>> rounds_on(const NcclCommunicator& communicator, std::size_t channel) {
    const NcclRankSchedule schedule = schedule_rank(communicator, uniform_volumes(communicator.rank_count(), bytes(1024)), 0);
    std::vector<std::vector<int>> rounds;
    for (const NcclBatch& batch : schedule.channels[channel]) {
        rounds.emplace_back();
        for (const NcclWork& work : batch.works) rounds.back().push_back(work.round);
    }
    return rounds;
}

NcclMachine h100(int nodes, int gpus, int nics) {
    NcclMachine machine;
    machine.nodes = nodes;
    machine.gpus = gpus;
    machine.nics = nics;
    machine.nic = gigabytes_per_second(48);
    return machine;
}

}  // namespace

TEST_CASE("NCCL 2.29 gives a peer of another node a channel for every 14 GB/s, halved with scale", "[nccl]") {
    const auto per_peer = [](NcclShape shape, NcclVersion version, int channels = 16) {
        return communicator_of(shape, version, channels).channels_per_peer;
    };
    const std::vector<NcclShape> shapes{{2, 1}, {2, 4}, {2, 8}, {10, 1}, {10, 2}, {10, 4}, {10, 8}};
    std::vector<int> before, after;
    for (const NcclShape shape : shapes) {
        before.push_back(per_peer(shape, NcclVersion::v2_28));
        after.push_back(per_peer(shape, NcclVersion::v2_29));
    }
    CHECK(before == std::vector{2, 2, 2, 2, 2, 1, 1});
    CHECK(after == std::vector{4, 4, 4, 4, 4, 2, 1});
    CHECK(per_peer({16, 8}, NcclVersion::v2_30, 32) == 2);

    NcclLayout faster = layout_of({2, 8});
    faster.settings.version = NcclVersion::v2_29;
    faster.net_rate = gigabytes_per_second(96);  // ceil(96 / 14) = 7
    CHECK(make_nccl_communicator(faster).channels_per_peer == 8);
    faster.settings.channels_per_net_peer = 1;
    CHECK(make_nccl_communicator(faster).channels_per_peer == 1);
}

TEST_CASE("NCCL 2.27 goes through the ranks of a node in quadratic order too", "[nccl]") {
    CHECK(destinations(communicator_of({1, 4}, NcclVersion::v2_27), 0) == std::vector{0, 1, 3, 2});
    CHECK(destinations(communicator_of({1, 4}, NcclVersion::v2_28), 0) == std::vector{0, 1, 2, 3});
    // 8 ranks: 0, 1, 3, 6, 10 mod 8, 15 mod 8, 21 mod 8, 28 mod 8
    CHECK(destinations(communicator_of({1, 8}, NcclVersion::v2_27), 1) == std::vector{1, 2, 4, 7, 3, 0, 6, 5});
    CHECK(destinations(communicator_of({2, 4}, NcclVersion::v2_27), 5) == std::vector{5, 6, 4, 7, 1, 2, 0, 3});

    NcclLayout uneven;  // all ranks are one group then
    uneven.settings.version = NcclVersion::v2_27;
    uneven.nodes = {{1, {}}, {2, {}}};
    const NcclCommunicator communicator = make_nccl_communicator(uneven);
    CHECK(communicator.group_size == 3);
    CHECK(destinations(communicator, 1) == std::vector{1, 2, 0});
    for (int rank = 0; rank < 3; ++rank)
        for (int round = 0; round < 3; ++round) {
            const int to = peers_in_round(communicator, rank, round).send_to;
            CHECK(peers_in_round(communicator, to, round).receive_from == rank);
            CHECK(round_between(communicator, rank, to) == round);
        }
}

TEST_CASE("NCCL 2.27 reverses the bits of the part and not of the round", "[nccl]") {
    const NcclCommunicator earlier = communicator_of({1, 8}, NcclVersion::v2_27, 24);
    const NcclCommunicator later = communicator_of({1, 8}, NcclVersion::v2_28, 24);
    REQUIRE(earlier.channels == 32);
    CHECK(channel_of_part(earlier, 3, 0) == 3);
    CHECK(channel_of_part(earlier, 3, 1) == 3 + 16);
    CHECK(channel_of_part(earlier, 3, 2) == 3 + 8);
    CHECK(channel_of_part(later, 3, 0) == 24);
    CHECK(channel_of_part(later, 3, 1) == 25);

    const NcclCommunicator nodes = communicator_of({4, 16}, NcclVersion::v2_27);
    CHECK(base_channel(nodes, 16 * 2 + 9) == 2 * 2 + 1);
}

TEST_CASE("NCCL 2.27 fills a batch across epochs of eight rounds", "[nccl]") {
    // With 2 channels every other round is on the first.
    CHECK(rounds_on(communicator_of({1, 12}, NcclVersion::v2_27, 2), 0) == std::vector<std::vector<int>>{{0, 2, 4, 6, 8, 10}});
    CHECK(rounds_on(communicator_of({1, 12}, NcclVersion::v2_28, 2), 0) == std::vector<std::vector<int>>{{0, 2, 4, 6}, {8, 10}});
}

TEST_CASE("NCCL's search finds the channels that its logs print", "[nccl]") {
    CHECK(nccl_channels_found(h100(1, 8, 8)) == 24);   // 6 rings of 60 GB/s, doubled twice
    CHECK(nccl_channels_found(h100(2, 8, 8)) == 16);   // 8 of 45, doubled once
    CHECK(nccl_channels_found(h100(2, 4, 1)) == 8);    // 1 of 48, doubled three times
    CHECK(nccl_channels_found(h100(10, 2, 2)) == 16);  // 2 of 48, doubled three times
    CHECK(nccl_channels_found(h100(1, 1, 0)) == 1);

    NcclMachine gh200 = h100(2, 4, 4);
    gh200.nic = gigabytes_per_second(24);
    CHECK(nccl_channels_found(gh200) == 8);  // 4 of 24, doubled once

    NcclMachine a100 = h100(1, 8, 8);
    a100.compute_capability = 80;
    a100.nvlinks = 12;
    CHECK(nccl_channels_found(a100) == 24);  // 6 of 40, doubled twice

    NcclMachine h800 = h100(2, 8, 8);
    h800.nvlinks = 8;
    CHECK(nccl_channels_found(h800) == 16);  // 4 of 40, doubled twice; 27 of 6 would be more, but are not tried

    NcclMachine b200 = h100(1, 8, 8);
    b200.compute_capability = 100;
    CHECK(nccl_channels_found(b200) == 32);  // 8 of 90, doubled twice
    b200.nodes = 2;
    CHECK(nccl_channels_found(b200) == 16);  // 8 of 48, doubled once

    NcclMachine pcie = h100(1, 8, 0);
    pcie.nvlinks = 0;
    pcie.pcie = gigabytes_per_second(24);
    CHECK(nccl_channels_found(pcie) == 2);
    pcie.pcie = gigabytes_per_second(48);
    CHECK(nccl_channels_found(pcie) == 4);
}

TEST_CASE("NCCL reckons PCIe by its generation", "[nccl]") {
    CHECK(nccl_pcie_rate(gigabytes_per_second(16)) == gigabytes_per_second(12));
    CHECK(nccl_pcie_rate(gigabytes_per_second(32)) == gigabytes_per_second(24));
    CHECK(nccl_pcie_rate(gigabytes_per_second(64)) == gigabytes_per_second(48));
    CHECK(nccl_pcie_rate(gigabytes_per_second(128)) == gigabytes_per_second(96));
}

TEST_CASE("a GPU takes as many of its NICs in turn as NCCL_NETDEVS_POLICY says, from 2.29 on", "[nccl]") {
    NcclLayout layout = layout_of({2, 2});
    layout.nodes = {NcclNode{2, {{0, 1}, {2, 3}}}, NcclNode{2, {{0, 1}, {2, 3}}}};
    layout.settings.nics_per_gpu = 1;
    const auto nics = [&](NcclVersion version) {
        layout.settings.version = version;
        const NcclCommunicator communicator = make_nccl_communicator(layout);
        return std::vector{receiving_port(communicator, 2, 0).nic, receiving_port(communicator, 2, 1).nic};
    };
    CHECK(nics(NcclVersion::v2_28) == std::vector{0, 1});
    CHECK(nics(NcclVersion::v2_29) == std::vector{0, 0});
}

TEST_CASE("RCCL gives each peer of a node eight channels, and each work a CTA of its own", "[nccl]") {
    const NcclCommunicator communicator = communicator_of({1, 8}, NcclVersion::rccl, 64);
    CHECK(communicator.channels == 64);
    CHECK(communicator.channels_per_peer == 8);
    CHECK(channel_of_part(communicator, 3, 2) == 3 * 8 + 2);
    const NcclRankSchedule schedule = schedule_rank(communicator, uniform_volumes(8, bytes(1 << 24)), 0);
    for (const std::vector<NcclBatch>& batches : schedule.channels) {
        REQUIRE(batches.size() == 1);
        REQUIRE(batches[0].works.size() == 1);
    }
    CHECK(schedule.channels[8].at(0).works[0].send_warps == 2);  // of four wavefronts
    CHECK(schedule.channels[8].at(0).works[0].receive_warps == 2);
    // 4 channels a peer on several nodes, halved while 4 x 16 / 2 >= 32
    CHECK(communicator_of({2, 8}, NcclVersion::rccl, 32).channels_per_peer == 2);
}

}  // namespace tokenyard
