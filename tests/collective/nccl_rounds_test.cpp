// SPDX-License-Identifier: Apache-2.0
// Whom each rank sends to and receives from in NCCL's rounds.
#include "collective/nccl/rounds.hpp"
#include "support/nccl_layouts.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

namespace tokenyard {
TEST_CASE("in every NCCL round each rank is sent to once", "[nccl]") {
    const NcclShape shape = any_nccl_shape();
    CAPTURE(shape);
    const NcclCommunicator communicator = communicator_of(shape);
    const int ranks = communicator.rank_count();
    for (int round = 0; round < ranks; ++round) {
        CAPTURE(round);
        std::vector<int> times(static_cast<std::size_t>(ranks));
        for (int rank = 0; rank < ranks; ++rank)
            ++times[static_cast<std::size_t>(peers_in_round(communicator, rank, round).send_to)];
        REQUIRE(std::count(times.begin(), times.end(), 1) == ranks);
    }
}

TEST_CASE("a rank sends in the NCCL round in which its peer receives from it", "[nccl]") {
    const NcclShape shape = any_nccl_shape();
    CAPTURE(shape);
    const NcclCommunicator communicator = communicator_of(shape);
    int disagreements = 0;
    for (int rank = 0; rank < communicator.rank_count(); ++rank)
        for (int round = 0; round < communicator.rank_count(); ++round) {
            const NcclRound peers = peers_in_round(communicator, rank, round);
            disagreements += peers_in_round(communicator, peers.send_to, round).receive_from != rank;
            disagreements += peers_in_round(communicator, peers.receive_from, round).send_to != rank;
            disagreements += round_between(communicator, rank, peers.send_to) != round;
            disagreements += round_between(communicator, peers.receive_from, rank) != round;
        }
    CHECK(disagreements == 0);
}

TEST_CASE("every rank meets itself in the first NCCL round and everybody once", "[nccl]") {
    const NcclShape shape = any_nccl_shape();
    CAPTURE(shape);
    const NcclCommunicator communicator = communicator_of(shape);
    const int ranks = communicator.rank_count(), last = ranks - 1;
    CHECK(peers_in_round(communicator, last, 0) == NcclRound{last, last});
    std::vector<int> sends, receives, everybody;
    for (int round = 0; round < ranks; ++round) {
        sends.push_back(peers_in_round(communicator, last, round).send_to);
        receives.push_back(peers_in_round(communicator, last, round).receive_from);
        everybody.push_back(round);
    }
    std::sort(sends.begin(), sends.end());
    std::sort(receives.begin(), receives.end());
    CHECK(sends == everybody);
    CHECK(receives == everybody);
}

TEST_CASE("NCCL's groups follow one another in quadratic order", "[nccl]") {
    // 16 groups: x (x + 1) / 2 mod 16, the sequence in the comment of init.cc:812.
    CHECK(communicator_of({16, 8}).group_deltas == std::vector{0, 1, 3, 6, 10, 15, 5, 12, 4, 13, 7, 2, 14, 11, 9, 8});
    // 9 groups of 4: the same without 9 and above.
    CHECK(communicator_of({9, 4}).group_deltas == std::vector{0, 1, 3, 6, 5, 4, 7, 2, 8});
}

TEST_CASE("NCCL's groups divide every node", "[nccl]") {
    CHECK(communicator_of({1, 6}).group_size == 6);
    CHECK(communicator_of({1, 72}).group_size == 72);
    CHECK(communicator_of({2, 72}).group_size == 8);
    CHECK(communicator_of({9, 4}).group_size == 4);
    CHECK(communicator_of({3, 1}).group_size == 1);
    NcclLayout uneven;
    uneven.nodes = {NcclNode{8, {}}, NcclNode{6, {}}};
    CHECK(make_nccl_communicator(uneven).group_size == 2);  // gcd(8, 8, 6)
}

TEST_CASE("NCCL's rounds hold with nodes of unequal size", "[nccl]") {
    NcclLayout uneven;
    uneven.nodes = {NcclNode{8, {}}, NcclNode{4, {}}, NcclNode{8, {}}};
    const NcclCommunicator communicator = make_nccl_communicator(uneven);
    // Groups of 4 at 0, 4, 8, 12, 16; rank 10 is number 2 of group 2. Period 8: deltas 0, 1, 3, 2, 4 (6, 7 and 5 dropped).
    // Round 5 = second delta, 1, and local 1: to 3 of group 3 = 15, from 1 of group 1 = 5.
    CHECK(communicator.group_deltas == std::vector{0, 1, 3, 2, 4});
    CHECK(peers_in_round(communicator, 10, 5) == NcclRound{15, 5});
    CHECK(round_between(communicator, 10, 15) == 5);
    CHECK(communicator.node_of_rank[10] == 1);
    CHECK(communicator.local_index(10) == 2);
}

}  // namespace tokenyard
