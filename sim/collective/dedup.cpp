// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/buffers.hpp"

namespace tokenyard {
namespace {

/// A token with its source's index and its expert ids and weights: DeepEP v1.2.1, csrc/kernels/intranode.cu:212-221.
Bytes dedup_token_size(const Exchange& exchange, const Fabric&, const Costs&) {
    const bool is_dispatch = exchange.direction == Direction::dispatch;
    return exchange.tokens->message.body() + bytes(4 + (is_dispatch ? 12 : 4) * exchange.tokens->experts_per_token);
}

/// A token once for each rank that needs it.
VolumeMatrix deduplicated(const Exchange& exchange, const Fabric& fabric, const Costs& costs) {
    const VolumeMatrix volumes(exchange.tokens->counts.unique_per_rank, dedup_token_size(exchange, fabric, costs));
    return exchange.direction == Direction::dispatch ? volumes : transpose(volumes);
}

std::vector<StepId> append_dedup(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                 const std::vector<StepId>& ready, Schedule& schedule) {
    return append_nccl({exchange.direction, deduplicated(exchange, fabric, costs), {}}, fabric, costs, ready, schedule);
}

}  // namespace

const Algorithm dedup_algorithm{
    .name = "dedup",
    .summary = "a token once for each rank that needs it, by grouped ncclSend/ncclRecv",
    .granularity = Granularity::rank,
    .costs = "nccl",
    .token_size = dedup_token_size,
    .sms = nccl_sms,
    .buffers = nccl_buffers,
    .refusal = refuses_matrices,
    .append = append_dedup,
};

}  // namespace tokenyard
