// SPDX-License-Identifier: Apache-2.0
// How one message travels: protocol, chunk, channels, parts, and the NIC that sends it.
#pragma once

#include "collective/nccl/communicator.hpp"

namespace tokenyard {

enum class NcclTransport {
    self,     // a copy inside the kernel, no FIFO
    nvlink,   // stores into the receiver's FIFO
    local,    // the same node without NVLink: PCIe or host memory
    network,  // through proxies and NICs
};

enum class NcclProtocol {
    low_latency,  // LL: 4 bytes of flag for each 4 bytes of data
    simple,       // SIMPLE: whole chunks, a flag each
};

/// Settled alike by sender and receiver, who know the same size.
struct NcclMessage {
    NcclTransport transport = NcclTransport::self;
    NcclProtocol protocol = NcclProtocol::simple;
    Bytes chunk;       // payload of a full step
    int channels = 1;  // parts it is cut into, one a channel
};

/// How bytes get from a rank to another one, or to itself.
NcclTransport transport_between(const NcclCommunicator& communicator, int source, int destination);

/// Transport: self; NVLink in a domain; otherwise local in a node, unless that has only its network inside; otherwise network.
/// Protocol: LL where there are LL buffers - not to oneself and not through the network, unless
///   NCCL_ALLOC_P2P_NET_LL_BUFFERS=1, which is not modelled - and size <= 16 KiB x channels_per_peer.
///   enqueue.cc:779,795-821,834; transport/net.cc:893. As from v2.29.2-1 on (enqueue.cc:908-933): the channels are worked out as
///   for SIMPLE, and LL is taken where size <= 16 KiB x these.
/// Slot: chunk of the communicator; 64 KiB for LL. enqueue.cc:837-838
/// Chunk: the slot; of it a quarter in the network when size < slot, half when size < 8 slots; for LL half, the rest being
///   flags. enqueue.cc:840-852, without NCCL_CHUNK_SIZE
/// Channels: 1 for 0 bytes, otherwise min(channels_at_first, ceil(size / least)), doubled while ceil(size / it) > most and
///   it <= channels_per_peer / 2; least = slot / 8 and most = 32 slots on one node, slot / 2 and slot on several.
///   enqueue.cc:891-902
/// Buffers are taken as not registered. Pre: both are ranks; size is whole bytes.
NcclMessage describe_message(const NcclCommunicator& communicator, int source, int destination, Bytes size);

/// A stretch of a message.
struct NcclStretch {
    Bytes offset, size;
};

/// Part `part` of a message cut into `channels`: bytes [part x p, (part + 1) x p) of it, p = ceil(size / channels) rounded up
/// to 4 KiB. The last ones may be short or empty. Pre: 0 <= part < channels. Source: include/device.h:254-263.
NcclStretch part_of_message(Bytes size, int channels, int part);

/// Full or partial chunks of a part: ceil(size / chunk), and 1 for nothing. Source: device/sendrecv.h:24-29.
int steps_of_part(Bytes size, Bytes chunk);

/// What leaves the GPU: as much again for LL's flags, in lines of 16 bytes. Source: enqueue.cc:999-1002.
Bytes bytes_on_wire(NcclProtocol protocol, Bytes payload);

/// Channel of part 0 of the messages of a round: bit-reversed, in log2 C bits,
///   round on one node; (round / G) x ceil(G / 8) + (round mod G) / 8 on several.
/// Higher bits fall off. Source: include/channel.h:20-34. 2.27: not reversed, and with the ranks of the largest node in place
/// of G. Source: v2.27.7-1 include/channel.h:20-31.
int base_channel(const NcclCommunicator& communicator, int round);

/// (base channel + part) mod C; 2.27: the part's bits reversed. Source: include/device.h:270, v2.27.7-1 include/device.h.
/// RCCL on up to two nodes: (round x channels_per_peer + part) mod C. Source: ROCm/rocm-systems, projects/rccl,
/// src/include/channel.h.
int channel_of_part(const NcclCommunicator& communicator, int round, int part);

/// The rank whose proxy thread moves the data, and the NIC of that rank's node that it uses.
struct NcclPort {
    int proxy_rank = -1, nic = -1;  // -1 and -1 when no network is used

    bool operator==(const NcclPort&) const = default;
};

/// Where a message leaves its node on a channel. With PXN: the NIC of the source's node that the GPU of the destination's
/// local index takes on that channel, if there is one and the GPU it belongs to is reachable by NVLink, which then is the
/// proxy. Otherwise the source's own NIC and proxy. That the NIC is close to its GPU is taken for granted.
/// Pre: different nodes. Source: graph/search.cc:1298-1342.
NcclPort sending_port(const NcclCommunicator& communicator, int source, int destination, int channel);

/// Where it arrives: the destination's own NIC and proxy. Source: transport/net.cc:340-352.
NcclPort receiving_port(const NcclCommunicator& communicator, int destination, int channel);

}  // namespace tokenyard
