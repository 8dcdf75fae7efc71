// SPDX-License-Identifier: Apache-2.0
// NCCL's channels, protocols, chunks, parts and NICs of single messages.
#include "collective/nccl/messages.hpp"
#include "support/nccl_layouts.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace tokenyard {
namespace {

constexpr Bytes kibibyte = bytes(1024), mebibyte = bytes(1024 * 1024);

std::vector<int> first_base_channels(const NcclCommunicator& communicator, int rounds) {
    std::vector<int> channels;
    for (int round = 0; round < rounds; ++round) channels.push_back(base_channel(communicator, round));
    return channels;
}

}  // namespace

TEST_CASE("NCCL's channels are those that its log prints", "[nccl]") {
    // 8 x H100: 24 coll channels, 32 p2p channels, 32 p2p channels per peer: 24 and min(24, 2 x 18), rounded up.
    const NcclCommunicator node = communicator_of({1, 8});
    CHECK(node.channels == 32);
    CHECK(node.channels_per_peer == 32);
    CHECK(node.channels_at_first == 4);  // 32 halved while x 8 > 32
    // 2 x 8 H100: 16 coll channels, 16 p2p channels, 2 p2p channels per peer.
    const NcclCommunicator pair = communicator_of({2, 8});
    CHECK(pair.channels == 16);
    CHECK(pair.channels_per_peer == 2);
    CHECK(pair.channels_at_first == 1);  // 2 x 16 > 16
}

TEST_CASE("NCCL's channels per peer of other nodes halve with scale", "[nccl]") {
    CHECK(communicator_of({4, 8}).channels_per_peer == 2);  // 2 x 32 <= 4 x 16
    CHECK(communicator_of({9, 4}).channels_per_peer == 1);  // 2 x 36 > 4 x 16
    CHECK(communicator_of({8, 8}).channels_per_peer == 1);
    NcclLayout two_nics = layout_of({8, 8});
    two_nics.nics_to_fill_gpu = 2;
    CHECK(make_nccl_communicator(two_nics).channels_per_peer == 2);
    NcclLayout asked = layout_of({8, 8});
    asked.settings.channels_per_net_peer = 3;
    CHECK(make_nccl_communicator(asked).channels_per_peer == 4);
}

TEST_CASE("NCCL compares channels per peer with the channels before rounding", "[nccl]") {
    NcclLayout layout = layout_of({6, 8});
    layout.collective_channels = 20;  // 2 x 48 = 96 > 4 x 20, although 4 x 32 would be enough
    CHECK(make_nccl_communicator(layout).channels == 32);
    CHECK(make_nccl_communicator(layout).channels_per_peer == 1);
}

TEST_CASE("NCCL's limits of p2p channels bind in the order of its source", "[nccl]") {
    NcclLayout layout = layout_of({1, 8});
    layout.settings.max_p2p_channels = 6;
    CHECK(make_nccl_communicator(layout).channels == 8);
    layout.settings.min_p2p_channels = 40;  // the minimum comes last
    CHECK(make_nccl_communicator(layout).channels == 64);
}

TEST_CASE("NCCL gives two channels to a peer that NVLink does not reach", "[nccl]") {
    NcclLayout layout = layout_of({1, 8});
    layout.nvlink_domain = 4;
    const NcclCommunicator communicator = make_nccl_communicator(layout);
    CHECK(communicator.channels_per_peer == 2);
    CHECK(communicator.chunk == 128 * kibibyte);
    CHECK(describe_message(communicator, 0, 3, mebibyte).transport == NcclTransport::nvlink);
    CHECK(describe_message(communicator, 3, 4, mebibyte).transport == NcclTransport::local);
    CHECK(describe_message(communicator, 3, 3, mebibyte).transport == NcclTransport::self);
}

TEST_CASE("NCCL's base channels are reversed bits of the round, or of the group's place among several nodes", "[nccl]") {
    CHECK(first_base_channels(communicator_of({1, 8}), 8) == std::vector{0, 16, 8, 24, 4, 20, 12, 28});
    CHECK(first_base_channels(communicator_of({2, 8}), 9) == std::vector{0, 0, 0, 0, 0, 0, 0, 0, 8});
    CHECK(first_base_channels(communicator_of({9, 4}), 9) == std::vector{0, 0, 0, 0, 8, 8, 8, 8, 4});
    CHECK(base_channel(communicator_of({32, 8}), 16 * 8) == 0);  // place 16 of 16 channels: the fifth bit falls off
    CHECK(channel_of_part(communicator_of({1, 8}), 7, 5) == 1);  // 28 + 5 mod 32
}

TEST_CASE("NCCL cuts messages on one node by size", "[nccl]") {
    const NcclCommunicator node = communicator_of({1, 8});
    CHECK(describe_message(node, 0, 1, 4 * mebibyte).channels == 4);   // 1 MiB a part, between 64 KiB and 16 MiB
    CHECK(describe_message(node, 0, 1, 64 * mebibyte).channels == 4);  // 16 MiB is not too much
    CHECK(describe_message(node, 0, 1, 64 * mebibyte + bytes(1)).channels == 8);
    CHECK(describe_message(node, 0, 1, 256 * mebibyte).channels == 16);   // 64, 32, 16 MiB
    CHECK(describe_message(node, 0, 1, 4096 * mebibyte).channels == 32);  // 128 MiB a part, no more channels
    CHECK(describe_message(node, 0, 1, bytes(0)).channels == 1);
    CHECK(describe_message(node, 0, 0, 100 * kibibyte).channels == 2);  // SIMPLE to itself: ceil(100 / 64)
    CHECK(describe_message(node, 0, 1, 20 * kibibyte).channels == 3);   // LL: ceil(20 / 8)
    CHECK(describe_message(node, 0, 1, 100 * kibibyte).channels == 4);  // LL: min(4, 13)
}

TEST_CASE("NCCL cuts messages among several nodes in parts of 64 to 128 KiB", "[nccl]") {
    const NcclCommunicator pair = communicator_of({2, 8});
    CHECK(describe_message(pair, 0, 8, 128 * kibibyte).channels == 1);
    CHECK(describe_message(pair, 0, 8, 128 * kibibyte + bytes(1)).channels == 2);
    CHECK(describe_message(pair, 0, 1, 64 * mebibyte).channels == 2);
    CHECK(describe_message(communicator_of({8, 8}), 0, 8, 64 * mebibyte).channels == 1);
    const NcclCommunicator three = communicator_of({3, 1});  // 2 x 3 <= 16: two channels from the start
    CHECK(describe_message(three, 0, 1, 64 * kibibyte).channels == 1);
    CHECK(describe_message(three, 0, 1, 65 * kibibyte).channels == 2);
}

TEST_CASE("NCCL uses LL up to 16 KiB for each channel of a peer, and not through the network", "[nccl]") {
    const auto protocol = [](NcclShape shape, int destination, Bytes size) {
        return describe_message(communicator_of(shape), 0, destination, size).protocol;
    };
    CHECK(protocol({1, 8}, 1, 512 * kibibyte) == NcclProtocol::low_latency);
    CHECK(protocol({1, 8}, 1, 512 * kibibyte + bytes(1)) == NcclProtocol::simple);
    CHECK(protocol({2, 8}, 1, 32 * kibibyte) == NcclProtocol::low_latency);
    CHECK(protocol({2, 8}, 1, 32 * kibibyte + bytes(1)) == NcclProtocol::simple);
    CHECK(protocol({8, 8}, 1, 16 * kibibyte) == NcclProtocol::low_latency);
    CHECK(protocol({8, 8}, 1, 16 * kibibyte + bytes(1)) == NcclProtocol::simple);
    CHECK(protocol({8, 8}, 8, bytes(1)) == NcclProtocol::simple);
    CHECK(protocol({1, 8}, 0, bytes(1)) == NcclProtocol::simple);
    CHECK(bytes_on_wire(NcclProtocol::low_latency, bytes(100)) == bytes(208));  // 13 lines of 8 bytes of data
    CHECK(bytes_on_wire(NcclProtocol::simple, bytes(100)) == bytes(100));
}

TEST_CASE("NCCL's chunks depend on the way and on the size", "[nccl]") {
    const auto chunk = [](NcclShape shape, int destination, Bytes size) {
        return describe_message(communicator_of(shape), 0, destination, size).chunk;
    };
    CHECK(chunk({1, 8}, 1, mebibyte) == 512 * kibibyte);
    CHECK(chunk({1, 8}, 1, kibibyte) == 32 * kibibyte);  // LL: half of 64 KiB
    CHECK(chunk({2, 8}, 1, mebibyte) == 128 * kibibyte);
    CHECK(chunk({2, 8}, 8, 128 * kibibyte - bytes(1)) == 32 * kibibyte);
    CHECK(chunk({2, 8}, 8, 128 * kibibyte) == 64 * kibibyte);
    CHECK(chunk({2, 8}, 8, mebibyte - bytes(1)) == 64 * kibibyte);
    CHECK(chunk({2, 8}, 8, mebibyte) == 128 * kibibyte);
    CHECK(steps_of_part(bytes(0), kibibyte) == 1);
    CHECK(steps_of_part(bytes(1025), kibibyte) == 2);
}

TEST_CASE("NCCL's parts are whole pages, and the last ones what is left", "[nccl]") {
    // 34 KiB over 4: ceil(8.5) KiB is 12 KiB in pages of 4, so 12 + 12 + 10 and nothing for the fourth.
    const Bytes size = 34 * kibibyte;
    CHECK(part_of_message(size, 4, 0).size == 12 * kibibyte);
    CHECK(part_of_message(size, 4, 2).offset == 24 * kibibyte);
    CHECK(part_of_message(size, 4, 2).size == 10 * kibibyte);
    CHECK(part_of_message(size, 4, 3).size == bytes(0));
    CHECK(part_of_message(bytes(0), 1, 0).size == bytes(0));
}

TEST_CASE("NCCL's PXN sends through the GPU with the destination's local index", "[nccl]") {
    const NcclCommunicator pair = communicator_of({2, 8});
    CHECK(sending_port(pair, 3, 13, 8) == NcclPort{5, 5});
    CHECK(sending_port(pair, 13, 3, 8) == NcclPort{11, 3});
    CHECK(sending_port(pair, 3, 11, 8) == NcclPort{3, 3});
    CHECK(receiving_port(pair, 13, 8) == NcclPort{13, 5});
}

TEST_CASE("NCCL sends through its own NIC where PXN cannot help", "[nccl]") {
    NcclLayout off = layout_of({2, 8});
    off.settings.uses_pxn = false;
    CHECK(sending_port(make_nccl_communicator(off), 3, 13, 8) == NcclPort{3, 3});
    NcclLayout halves = layout_of({2, 8});
    halves.nvlink_domain = 4;  // GPU 3 does not reach GPU 5
    CHECK(sending_port(make_nccl_communicator(halves), 3, 13, 8) == NcclPort{3, 3});
    CHECK(sending_port(make_nccl_communicator(halves), 3, 10, 8) == NcclPort{2, 2});
    NcclLayout uneven;
    uneven.nodes = {NcclNode{8, {}}, NcclNode{2, {}}};
    CHECK(sending_port(make_nccl_communicator(uneven), 8, 5, 0) == NcclPort{8, 0});  // its node has no GPU 5
    CHECK(sending_port(make_nccl_communicator(uneven), 8, 1, 0) == NcclPort{9, 1});
}

TEST_CASE("a GPU's NICs take turns by NCCL channel", "[nccl]") {
    NcclLayout layout = layout_of({2, 2});
    layout.nodes = {NcclNode{2, {{0, 1}, {2, 3}}}, NcclNode{2, {{0, 1}, {2, 3}}}};
    const NcclCommunicator communicator = make_nccl_communicator(layout);
    CHECK(receiving_port(communicator, 2, 0).nic == 0);
    CHECK(receiving_port(communicator, 2, 1).nic == 1);
    CHECK(receiving_port(communicator, 2, 2).nic == 0);
    CHECK(receiving_port(communicator, 3, 0).nic == 3);  // GPU 1 starts with its second one
    CHECK(receiving_port(communicator, 3, 1).nic == 2);
    CHECK(sending_port(communicator, 0, 3, 1) == NcclPort{1, 2});
}

TEST_CASE("GPUs that share NCCL NICs take one each, and the first of a NIC's GPUs is its PXN proxy", "[nccl]") {
    NcclLayout layout = layout_of({2, 4});
    const NcclNode paired{4, {{0}, {0}, {1}, {1}}};
    layout.nodes = {paired, paired};
    const NcclCommunicator communicator = make_nccl_communicator(layout);
    CHECK(sending_port(communicator, 0, 7, 0) == NcclPort{2, 1});
    CHECK(receiving_port(communicator, 7, 0) == NcclPort{7, 1});
    const NcclNode pooled{2, {{0, 1}, {0, 1}}};  // 2 NICs, 2 GPUs: one each on every channel
    layout.nodes = {pooled, pooled};
    CHECK(receiving_port(make_nccl_communicator(layout), 2, 5).nic == 0);
    CHECK(receiving_port(make_nccl_communicator(layout), 3, 5).nic == 1);
}

}  // namespace tokenyard
