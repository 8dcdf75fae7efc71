#include "pipeline/ladder.hpp"

#include "analysis/lower_bound.hpp"
#include "pipeline/completion.hpp"

#include <algorithm>

namespace tokenyard {
namespace {

Seconds bound_of(const Fabric& fabric, const Schedule& schedule) {
    const std::vector<Bound> bounds = lower_bounds(fabric, schedule);
    return bounds.empty() ? Seconds{} : bounds.front().time;
}

Fabric without_late_ranks(Fabric fabric) {
    for (Fabric::Gpu& gpu : fabric.gpus) gpu.late = {};
    return fabric;
}

bool has_late_rank(const Fabric& fabric) {
    return std::any_of(fabric.gpus.begin(), fabric.gpus.end(), [](const Fabric::Gpu& gpu) { return gpu.late.si > 0; });
}

class Ladder {
public:
    /// What is reached by the time of this rung.
    void climb_to(const std::string& name, Seconds reached) {
        rungs_.push_back({name, reached - reached_});
        reached_ = reached;
    }
    std::vector<Rung> rungs() && { return std::move(rungs_); }

private:
    std::vector<Rung> rungs_;
    Seconds reached_;
};

}  // namespace

Costs without_overheads(Costs costs) {
    NcclCosts& nccl = costs.nccl;
    nccl.launch = nccl.per_peer = nccl.nvlink_latency = nccl.network_latency = nccl.ll_latency = nccl.chunk_overhead = {};
    nccl.warp_rate = nccl.connection_rate = nccl.ll_warp_rate = nccl.receive_warp_rate = {};
    nccl.lone_work_efficiency = 1;
    costs.mpi.overhead = {};
    TwoLevelCosts& two_level = costs.two_level;
    two_level.launch = two_level.chunk_overhead = {};
    two_level.sm_rate = {};
    two_level.combine_launch = {};
    two_level.combine_sm_rate = two_level.forward_sm_rate = two_level.combine_forward_sm_rate = {};
    two_level.nvlink_efficiency = 1;
    LowLatencyCosts& low_latency = costs.low_latency;
    low_latency.launch = low_latency.message_overhead = low_latency.arrival = low_latency.network_latency = {};
    low_latency.copy_rate = {};
    low_latency.combine_launch = {};
    low_latency.combine_copy_rate = {};
    costs.balanced.launch = {};
    return costs;
}

std::vector<Rung> climb(const Exchange& exchange, const Fabric& fabric, const Costs& costs, const Algorithm& algorithm,
                        const EngineChoice& engine, Seconds completion) {
    const Algorithm& ideal = algorithms().front();
    const auto time_of = [&](const Algorithm& each, const Costs& with) {
        return completions_of(fabric, {plan(each, exchange, fabric, with)}, engine.kind, engine.accuracy).front();
    };
    Fabric instant = fabric;
    instant.scale_latency(0);
    Ladder ladder;
    const Fabric prompt = without_late_ranks(instant);
    ladder.climb_to("bytes", bound_of(prompt, plan(ideal, exchange, prompt, costs)));
    const Schedule schedule = plan(ideal, exchange, fabric, costs);
    if (has_late_rank(fabric)) ladder.climb_to("late ranks", bound_of(instant, schedule));
    const Seconds bound = bound_of(fabric, schedule), ideal_time = &algorithm == &ideal ? completion : time_of(ideal, costs);
    // A completion that need not be exact is held to its bound, but for the last bits.
    ladder.climb_to("latency", engine.accuracy.makespan > 0 ? std::min(bound, ideal_time) : bound);
    ladder.climb_to("sharing", ideal_time);
    ladder.climb_to("algorithm", &algorithm == &ideal ? completion : time_of(algorithm, without_overheads(costs)));
    ladder.climb_to("overheads", completion);
    return std::move(ladder).rungs();
}

}  // namespace tokenyard
