// SPDX-License-Identifier: Apache-2.0
// A rank at work: its group, its transport, its stream; and what all ranks know of where each of them lives.
#pragma once

#include "cuda/gate.hpp"
#include "transport/transport.hpp"

#include <string>
#include <vector>

namespace tokenyard::gpu {

struct RankPlace {
    std::string host, gpu, bus;  // bus: the GPU's PCI address
    int device = 0, node = 0;    // node: hosts in the order of their first ranks
};

class Session {
public:
    /// All ranks make theirs together. The device is set before.
    Session(Group& group, const TransportOptions& options, int device, const std::string& gpu);

    Group& group;
    Stream stream;
    Gate gate;                      // for this stream
    bool is_warm = false;           // the devices have worked for some time
    std::vector<RankPlace> places;  // of every rank
    std::unique_ptr<Transport> transport;

    int rank() const { return group.rank(); }
    int ranks() const { return group.ranks(); }
    /// Several ranks on one GPU: what is measured then says nothing about speed.
    bool has_shared_gpus() const;
    /// "self", "same-gpu", "nvlink", "pcie", "same-rail", "other-rail": how two ranks are joined, as far as CUDA tells;
    /// "same-node" where this process does not see both GPUs. Fails no measurement.
    std::string joint_of(int from, int to) const;

    /// A number or a list of each rank, by rank.
    std::vector<std::vector<double>> gather(const std::vector<double>& own);
    std::size_t sum(std::size_t own);
};

/// Times of one piece of work on every rank.
struct RankTimes {
    std::vector<double> slowest_us;  // of each turn the rank that took longest
    std::vector<double> rank_median_us;
};
RankTimes times_of(const std::vector<std::vector<double>>& samples_by_rank);

}  // namespace tokenyard::gpu
