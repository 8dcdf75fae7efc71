// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/messages.hpp"

#include "collective/nccl/integers.hpp"

#include <algorithm>
#include <cassert>

namespace tokenyard {
namespace {

constexpr std::int64_t ll_line = 16;                 // bytes, half of them data: include/device.h:70
constexpr std::int64_t ll_line_data = ll_line / 2;   //
constexpr std::int64_t ll_slot = ll_line * 8 * 512;  // line x lines a thread x threads: init.cc:697, include/device.h:92-93
constexpr std::int64_t part_alignment = 4096;        // include/device.h:255

/// Sizes between which NCCL tries to keep a part: enqueue.cc:894-895.
struct PartLimits {
    std::int64_t least, most;
};

PartLimits part_limits(const NcclCommunicator& communicator, std::int64_t slot) {
    if (communicator.node_count() > 1) return {slot / 2, slot};
    return {slot / 8, slot * 32};
}

std::int64_t chunk_of(NcclTransport transport, NcclProtocol protocol, std::int64_t slot, std::int64_t size) {
    if (protocol == NcclProtocol::low_latency) return slot * ll_line_data / ll_line;
    if (transport != NcclTransport::network) return slot;
    if (size < slot) return slot / 4;
    return size < 8 * slot ? slot / 2 : slot;
}

int channel_count(const NcclCommunicator& communicator, std::int64_t slot, std::int64_t size) {
    if (size == 0) return 1;
    const auto [least, most] = part_limits(communicator, slot);
    int count = static_cast<int>(std::min<std::int64_t>(communicator.channels_at_first, divide_up(size, least)));
    while (divide_up(size, count) > most && count <= communicator.channels_per_peer / 2) count *= 2;
    return count;
}

NcclPort port_of(const NcclCommunicator& communicator, int rank, int channel) {
    const auto node = static_cast<std::size_t>(communicator.node_of_rank[static_cast<std::size_t>(rank)]);
    const std::vector<int>& turns = communicator.nics[node].of_gpu[static_cast<std::size_t>(communicator.local_index(rank))];
    return {rank, turns[static_cast<std::size_t>(channel) % turns.size()]};
}

}  // namespace

NcclTransport transport_between(const NcclCommunicator& communicator, int source, int destination) {
    if (source == destination) return NcclTransport::self;
    if (communicator.share_nvlink(source, destination)) return NcclTransport::nvlink;
    const auto node = [&communicator](int rank) { return communicator.node_of_rank[static_cast<std::size_t>(rank)]; };
    const bool is_local = node(source) == node(destination) && !communicator.layout.is_network_inside;
    return is_local ? NcclTransport::local : NcclTransport::network;
}

NcclMessage describe_message(const NcclCommunicator& communicator, int source, int destination, Bytes size) {
    const std::int64_t whole = whole_bytes(size);
    NcclMessage message;
    message.transport = transport_between(communicator, source, destination);
    const bool has_ll_buffers = message.transport == NcclTransport::nvlink || message.transport == NcclTransport::local;
    const NcclSettings& settings = communicator.layout.settings;
    const std::int64_t simple_slot = whole_bytes(communicator.chunk);
    const int by_simple = channel_count(communicator, simple_slot, whole);
    const bool chooses_ll_by_use = settings.version >= NcclVersion::v2_29;
    const int channels = chooses_ll_by_use ? by_simple : communicator.channels_per_peer;
    if (has_ll_buffers && size <= settings.ll_threshold_a_channel * channels) message.protocol = NcclProtocol::low_latency;
    const std::int64_t slot = message.protocol == NcclProtocol::low_latency ? ll_slot : simple_slot;
    message.chunk = as_bytes(chunk_of(message.transport, message.protocol, slot, whole));
    message.channels = chooses_ll_by_use ? by_simple : channel_count(communicator, slot, whole);
    return message;
}

NcclStretch part_of_message(Bytes size, int channels, int part) {
    assert(part >= 0 && part < channels);
    const std::int64_t whole = whole_bytes(size), step = align_up(divide_up(whole, channels), part_alignment);
    const std::int64_t begin = std::min(part * step, whole), end = std::min((part + 1) * step, whole);
    return {as_bytes(begin), as_bytes(end - begin)};
}

int steps_of_part(Bytes size, Bytes chunk) {
    return static_cast<int>(std::max<std::int64_t>(1, divide_up(whole_bytes(size), whole_bytes(chunk))));
}

Bytes bytes_on_wire(NcclProtocol protocol, Bytes payload) {
    if (protocol == NcclProtocol::simple) return payload;
    return as_bytes(divide_up(whole_bytes(payload), ll_line_data) * ll_line);
}

int base_channel(const NcclCommunicator& communicator, int round) {
    const bool is_reversed = communicator.layout.settings.version >= NcclVersion::v2_28;
    int base = round;
    if (communicator.node_count() > 1) {
        const int size = is_reversed ? communicator.group_size : communicator.most_ranks_of_node;
        base = round / size * static_cast<int>(divide_up(size, nccl_works_per_batch)) + round % size / nccl_works_per_batch;
    }
    return is_reversed ? mirror_bits(base, communicator.channels) : base % communicator.channels;
}

int channel_of_part(const NcclCommunicator& communicator, int round, int part) {
    const NcclVersion version = communicator.layout.settings.version;
    if (version == NcclVersion::rccl && communicator.node_count() <= 2)
        return (round * communicator.channels_per_peer + part) % communicator.channels;
    const int step = version < NcclVersion::v2_28 ? mirror_bits(part, communicator.channels) : part;
    return (base_channel(communicator, round) + step) % communicator.channels;
}

NcclPort sending_port(const NcclCommunicator& communicator, int source, int destination, int channel) {
    const NcclPort own = port_of(communicator, source, channel);
    if (!communicator.layout.settings.uses_pxn || communicator.layout.is_network_inside) return own;
    const auto node = static_cast<std::size_t>(communicator.node_of_rank[static_cast<std::size_t>(source)]);
    assert(static_cast<int>(node) != communicator.node_of_rank[static_cast<std::size_t>(destination)]);
    const int twin = communicator.local_index(destination);
    if (twin >= communicator.layout.nodes[node].ranks) return own;
    const int nic = port_of(communicator, communicator.first_rank[node] + twin, channel).nic;
    const int proxy = communicator.first_rank[node] + communicator.nics[node].gpu_of_nic[static_cast<std::size_t>(nic)];
    return communicator.share_nvlink(source, proxy) ? NcclPort{proxy, nic} : own;
}

NcclPort receiving_port(const NcclCommunicator& communicator, int destination, int channel) {
    return port_of(communicator, destination, channel);
}

}  // namespace tokenyard
