#include "collective/algorithms.hpp"

namespace tokenyard {
namespace {

/// A token once for each rank that needs it, with its source's index and its expert ids and weights: DeepEP v1.2.1,
/// csrc/kernels/intranode.cu:212-221.
VolumeMatrix deduplicated(const Exchange& exchange) {
    const RankMatrix<std::uint32_t>& tokens = exchange.tokens->counts.unique_per_rank;
    const bool is_dispatch = exchange.direction == Direction::dispatch;
    const Bytes size = exchange.tokens->message.body() + bytes(4 + (is_dispatch ? 12 : 4) * exchange.tokens->experts_per_token);
    const VolumeMatrix volumes(tokens, size);
    return is_dispatch ? volumes : transpose(volumes);
}

}  // namespace

std::vector<StepId> append_dedup(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                 const std::vector<StepId>& ready, Schedule& schedule) {
    return append_nccl({exchange.direction, deduplicated(exchange), {}}, fabric, costs, ready, schedule);
}

}  // namespace tokenyard
