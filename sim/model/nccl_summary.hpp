// SPDX-License-Identifier: Apache-2.0
// A rank's schedule of sends and receives in NCCL, in numbers, for a report.
#pragma once

#include "model/units.hpp"

#include <vector>

namespace tokenyard {

/// One channel, that is one CTA.
struct NcclChannelSummary {
    int channel = 0;
    int batches = 0;
    int works = 0;
    int most_works = 0;                 // in a batch: they run side by side
    int destinations = 0, sources = 0;  // distinct ranks that it sends to and receives from, its own included
    Bytes sent, received;
};

struct NcclScheduleSummary {
    int rank = 0;
    int ranks = 0, nodes = 0;
    int group_size = 0, groups = 0;
    int rounds = 0;  // that have anything to do
    int channels = 0, channels_per_peer = 0;
    int channels_used = 0;
    int kernels = 0;
    int batches = 0, most_batches = 0;                                 // of all channels; of one
    int works = 0, most_works = 0;                                     // of all channels; in a batch
    int fewest_channels_of_message = 0, most_channels_of_message = 0;  // 0 and 0 when there is none
    Bytes sent, received;
    std::vector<NcclChannelSummary> by_channel;  // those used, in ascending order
};

}  // namespace tokenyard
