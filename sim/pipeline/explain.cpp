// SPDX-License-Identifier: Apache-2.0
#include "pipeline/explain.hpp"

#include "analysis/explain.hpp"

namespace tokenyard {

std::optional<ExpertTraffic> expert_traffic_of(const Case& one) {
    const auto* workload = std::get_if<TokenWorkload>(&one.workload.traffic);
    if (!workload) return {};
    const Tokens tokens(*workload, one.workload.seed);
    return make_expert_traffic(tokens, place_experts(*workload, tokens));
}

Explanation explain(const Fabric& fabric, const Exchange& exchange, const Schedule& schedule, const Timeline& timeline,
                    const Phase& phase, const Algorithm& algorithm, const std::optional<ExpertTraffic>& experts) {
    return {critical_path(fabric, schedule, timeline),
            find_causes(fabric, schedule, timeline, phase.bottlenecks, exchange,
                        granularity_of(algorithm, fabric, exchange.volumes.rows()), experts ? &*experts : nullptr),
            {}};
}

}  // namespace tokenyard
