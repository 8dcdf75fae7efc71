// SPDX-License-Identifier: Apache-2.0
// How fast the warps of NCCL's CTAs copy, and what they share: a CTA, or the memory of a host.
#pragma once

#include "collective/nccl/batches.hpp"
#include "model/costs.hpp"
#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <array>
#include <vector>

namespace tokenyard {

class NcclCopies {
public:
    /// All three are kept by reference.
    NcclCopies(const NcclCommunicator& communicator, const Fabric& fabric, const NcclCosts& costs);

    /// Bytes a second that the warps of a connection put on the wire while chunks come in too, and while none do; infinite
    /// without a limit. Half of what LL puts there is payload.
    struct Rates {
        double steady = 0, one_way = 0;
    };
    /// `goes_both_ways`: the work sends and receives at one of the ends.
    Rates rates(NcclProtocol protocol, NcclWarps warps, bool goes_both_ways) const;

    /// Of the whole part. By SIMPLE its first chunk is sent alone, as nothing can be received before it is whole, and all others
    /// while others arrive.
    static double cap(const NcclPart& part, Rates rates);

    /// The receiver sees a chunk of SIMPLE when it is whole, and then copies it to where it belongs, while the next one arrives:
    /// so the last chunk, and the first of many, is under way twice.
    Seconds receiving_time(const NcclPart& part, Rates rates, NcclWarps warps) const;

    /// What all works of a CTA store, those that send and those that receive, added to `schedule` when first asked for; no_link
    /// where that is no limit.
    LinkId cta(int rank, int channel, Schedule& schedule);

    /// The memory of the host through which a rank copies to one of its node that it may not write to, once, or twice from one
    /// PCIe root to another; no_link where it may write, or where that is no limit.
    std::array<LinkId, 2> host(int rank, int peer, Schedule& schedule);

private:
    bool share_root(int rank, int peer) const;
    /// Source: NCCL v2.30.7-1 graph/paths.cc:355-412.
    bool may_write_to(int rank, int peer) const;

    const NcclCommunicator& communicator_;
    const Fabric& fabric_;
    const NcclCosts& costs_;
    std::vector<std::vector<LinkId>> ctas_;  // of each rank, by channel
    std::vector<LinkId> hosts_;              // of each node
};

}  // namespace tokenyard
