// SPDX-License-Identifier: Apache-2.0
// What the threads cost that hand chunks to NICs and take them from there: one a rank, its proxy.
#pragma once

#include "collective/nccl/batches.hpp"
#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <map>
#include <vector>

namespace tokenyard {

class NcclProxies {
public:
    /// `chunk_overhead`: of each chunk, 0 where they cost nothing. The first two are kept by reference.
    NcclProxies(const NcclCommunicator& communicator, const Fabric& fabric, Seconds chunk_overhead);

    /// Counts the parts that proxies serve for a rank, batch by batch.
    void count_parts(const NcclRankSchedule& schedule);

    /// What a rank's proxy moves in chunks of this size, added to `schedule` when first asked for; no_link where it costs
    /// nothing. Chunks of another size take their time from the same thread, which is left out: messages of one all-to-all are
    /// mostly alike.
    LinkId link(int rank, Bytes chunk, Schedule& schedule);

    /// A part in a batch at one of its ends: who serves it there, and the batch's number.
    struct End {
        int proxy_rank = -1, batch = 0;
    };
    /// A chunk that is not full takes the proxy as long as a full one. It serves all parts of a batch in turn, and the last of
    /// them waits for those before, at the end where there are more. Pre: both ends have been counted.
    Seconds unfilled_chunks(const NcclPart& part, End sent, End received) const;

    /// Bytes per second that a proxy moves if it has one part only; infinite where chunks cost nothing.
    double rate(Bytes chunk) const;

private:
    struct Proxy {
        std::vector<int> parts;             // that it serves in each batch, sent and received
        std::map<double, LinkId> by_chunk;  // what it moves, by the chunk's bytes
    };
    int parts_at(End end) const {
        return proxies_[static_cast<std::size_t>(end.proxy_rank)].parts[static_cast<std::size_t>(end.batch)];
    }

    const NcclCommunicator& communicator_;
    const Fabric& fabric_;
    Seconds chunk_overhead_;
    std::vector<Proxy> proxies_;  // of each rank
};

}  // namespace tokenyard
