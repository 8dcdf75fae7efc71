// SPDX-License-Identifier: Apache-2.0
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

std::vector<Rung> climb(const Exchange& exchange, const Fabric& fabric, const Costs& costs, const Algorithm& algorithm,
                        const EngineChoice& engine, Seconds completion) {
    const Algorithm& reference = reference_algorithm();
    const auto time_of = [&](const Algorithm& each, const Costs& with) {
        return completions_of(fabric, {plan(each, exchange, fabric, with)}, engine.kind, engine.accuracy).front();
    };
    Fabric instant = fabric;
    instant.scale_latency(0);
    Ladder ladder;
    const Fabric prompt = without_late_ranks(instant);
    ladder.climb_to("bytes", bound_of(prompt, plan(reference, exchange, prompt, costs)));
    const Schedule schedule = plan(reference, exchange, fabric, costs);
    if (has_late_rank(fabric)) ladder.climb_to("late ranks", bound_of(instant, schedule));
    const Seconds bound = bound_of(fabric, schedule),
                  reference_time = &algorithm == &reference ? completion : time_of(reference, costs);
    // A completion that need not be exact is held to its bound, but for the last bits.
    ladder.climb_to("latency", engine.accuracy.makespan > 0 ? std::min(bound, reference_time) : bound);
    ladder.climb_to("sharing", reference_time);
    ladder.climb_to("algorithm", &algorithm == &reference ? completion : time_of(algorithm, without_overheads(costs)));
    ladder.climb_to("overheads", completion);
    return std::move(ladder).rungs();
}

}  // namespace tokenyard
