// SPDX-License-Identifier: Apache-2.0
// What every channel of a rank does for one all-to-all, in order: batches of works that run side by side.
#pragma once

#include "collective/nccl/messages.hpp"
#include "model/routing.hpp"

#include <optional>
#include <vector>

namespace tokenyard {

inline constexpr int nccl_warps = 640 / 32;  // of a CTA: NCCL_MAX_NTHREADS / WARP_SIZE, include/device.h:85-88, enqueue.cc:1045

/// The caller's habits.
struct NcclCalls {
    /// No ncclSend and ncclRecv for 0 bytes, as nccl-tests' alltoallv_perf (src/alltoallv.cu:537-546). Otherwise such a call is
    /// one empty step on one channel.
    bool skips_empty = true;
    /// Send and receive buffer of a rank for itself are the same, which NCCL skips: enqueue.cc:1083-1091.
    bool self_in_place = false;
};

/// One end's share in a message on one channel.
struct NcclPart {
    int peer = 0;
    int index = 0;        // which part of the message
    NcclStretch stretch;  // of the message; may be empty
    NcclMessage message;
    int steps = 1;   // chunks
    int window = 0;  // steps that may be under way at once: 8, in the network min(8, 16 / parts of the batch at that proxy)
    NcclPort port;   // this end's
};

/// What a round asks of a channel. Both halves run at the same time; at least one is there.
struct NcclWork {
    int round = 0;
    std::optional<NcclPart> send, receive;
    int send_warps = 0, receive_warps = 0;  // 0 for a half that is not there
};

/// Works that run at the same time; the next batch of the channel starts when all of them have ended.
struct NcclBatch {
    int kernel = 0;  // kernels run one after another
    std::vector<NcclWork> works;
};

struct NcclRankSchedule {
    int rank = 0;
    int kernels = 0;
    std::vector<std::vector<NcclBatch>> channels;  // one an entry, C of them; unused ones are empty
};

/// The warps of a CTA that each work of a batch gets.
struct NcclWarps {
    int send = 0, receive = 0;

    bool operator==(const NcclWarps&) const = default;
};

/// With w = floor(warps of the CTA / works): receive floor(w / 2) up to w = 4 and floor((w - 1) / 2) above, send the same and one
/// more.
/// Of NCCL's 20, by works:
///   1: 10 + 9   2: 5 + 4   3, 4: 3 + 2   5: 2 + 2   6, 7, 8: 1 + 1
/// The rest is idle. Pre: 1 <= works <= 8. Source: NCCL v2.28.9-1 device/sendrecv.h:103-110; 640 threads: device.h:88.
NcclWarps warps_of_work(int works, int warps_of_all = nccl_warps);

/// Most peers that NCCL expects to serve at once when a message is cut into `channels`: floor(C / channels) x 8.
/// Told to network plugins, it limits nothing. Source: enqueue.cc:962-967.
int peers_in_flight(const NcclCommunicator& communicator, int channels);

/// Batches of a rank for its row and its column of `volumes`. Round by round, a work for every channel that a part of the
/// message to send or of the one to receive falls on. It joins the channel's last batch unless that has 8 works already, or
/// its rounds / 8 differ (not in 2.27), or it belongs to an earlier kernel. A kernel ends when its batches + channels_per_peer
/// exceed 254, or its works 512 KiB of descriptors. A work without one half gives its warps to the other, and a copy to oneself
/// uses all of them, counted under send. Pre: volumes are whole bytes, ranks x ranks. Source: NCCL v2.28.9-1 enqueue.cc:110-180
/// and 1038-1117, device/sendrecv.h:103-158, transport/net.cc:1237 and 1418.
NcclRankSchedule schedule_rank(const NcclCommunicator& communicator, const VolumeMatrix& volumes, int rank,
                               const NcclCalls& calls = {});

}  // namespace tokenyard
