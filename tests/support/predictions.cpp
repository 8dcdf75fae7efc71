// SPDX-License-Identifier: Apache-2.0
#include "support/predictions.hpp"

namespace tokenyard {

Case matrix_case(const Cluster& cluster, const VolumeMatrix& volumes) {
    Case one;
    one.cluster = cluster;
    one.workload.ranks = volumes.rows();
    one.workload.traffic = MatrixWorkload{{"matrix", ""}, volumes};
    return one;
}

Case token_case(const Cluster& cluster, int experts_a_rank, const std::vector<std::vector<int>>& experts_of_rank) {
    Case one;
    one.cluster = cluster;
    one.workload.ranks = static_cast<int>(experts_of_rank.size());
    TokenWorkload tokens;
    tokens.model = {experts_a_rank * one.workload.ranks, 1, 500, 1, 1, 1, {}};
    tokens.dispatch = tokens.combine = {{"bf16", 16}, 0, {}, {}};
    Routing routing{tokens.model.experts, 1, {0}, {}, {}};
    for (const std::vector<int>& experts : experts_of_rank) {
        tokens.tokens_per_rank.push_back(static_cast<int>(experts.size()));
        for (const int expert : experts) routing.expert_ids.push_back(static_cast<std::uint16_t>(expert));
        routing.weights.resize(routing.expert_ids.size(), 1);
        routing.first_token.push_back(static_cast<std::uint32_t>(routing.expert_ids.size()));
    }
    tokens.routing = TraceRouting{{"trace", ""}, routing};
    one.workload.traffic = std::move(tokens);
    return one;
}

Prediction explained(const Case& one, const char* algorithm) {
    const Fabric fabric = fabric_of(one.cluster);
    PredictOptions options;
    options.algorithm = find_algorithm(algorithm);
    options.engine = EngineKind::fluid;
    options.explain = true;
    return predict(one, fabric, make_traffic(one, fabric), options);
}

}  // namespace tokenyard
