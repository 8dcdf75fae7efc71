// SPDX-License-Identifier: Apache-2.0
#include "input/reckoned_sms.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tokenyard {
namespace {

/// Of so many groups of equal size, how many has a token on average whose k experts are drawn without return.
double expected_groups(double groups, int experts, int k) {
    double none = 1;  // that a group has none of them
    for (int i = 0; i < k; ++i) none *= std::max(0.0, experts - experts / groups - i) / (experts - i);
    return groups * (1 - none);
}

}  // namespace

int reckoned_sms(const Cluster& cluster, const Model& model, int ranks, double nvlink) {
    constexpr double sm_reads = 200e9, sm_writes = 50e9, margin = 1.25;
    constexpr int least = 4, most = 1024;
    if (model.experts_per_token < 1 || model.experts < model.experts_per_token) return least;  // S(i,k) alone: nothing is routed
    const Node& node = cluster.groups.front().node;
    const double domain = std::min(node.scale_up ? node.scale_up->domain : node.gpus, ranks), domains = ranks / domain;
    const double to_ranks = expected_groups(ranks, model.experts, model.experts_per_token);
    const double to_domains = expected_groups(domains, model.experts, model.experts_per_token);
    // All of it for one of the rows that cross NVLink: what is read and written for it, and how many of them a second links
    // allow.
    double read = 1 / to_ranks, written = 1, rows = std::numeric_limits<double>::infinity();
    if (node.scale_up && domain > 1) rows = nvlink * node.scale_up->bandwidth_per_gpu.si / (1 - 1 / domain);
    if (domains > 1 && node.nics) {
        read += to_domains / to_ranks;
        written += 1 / to_ranks + to_domains / domains / to_ranks;
        const double over_network = to_domains * (1 - 1 / domains) / to_ranks;
        rows = std::min(rows, node.nics->bandwidth.si * node.nics->count / node.gpus / over_network);
    }
    if (std::isinf(rows)) return least;
    const double needed = std::min<double>(most, std::ceil(margin * rows * std::max(read / sm_reads, written / sm_writes)));
    return std::max(least, static_cast<int>(std::ceil(needed / 2)) * 2);
}

}  // namespace tokenyard
