#include "pipeline/predict.hpp"

#include "analysis/analyse.hpp"
#include "cluster/build_fabric.hpp"
#include "workload/make_routing.hpp"

#include <fmt/format.h>

namespace tokenyard {
namespace {

struct DescribeRouting {
    std::string operator()(const UniformRouting&) const { return "uniform"; }
    std::string operator()(const ZipfRouting& zipf) const { return fmt::format("zipf {}", zipf.exponent); }
    std::string operator()(const LognormalRouting& lognormal) const { return fmt::format("lognormal {}", lognormal.sigma); }
    std::string operator()(const DirichletRouting& dirichlet) const { return fmt::format("dirichlet {}", dirichlet.alpha); }
    std::string operator()(const HotRouting& hot) const { return fmt::format("{} hot x {}", hot.experts.size(), hot.factor); }
    std::string operator()(const SharesRouting& shares) const { return fmt::format("shares {}", shares.file.name); }
    std::string operator()(const SkewRouting& skew) const { return fmt::format("skew {}", skew.max_over_mean); }
    std::string operator()(const TraceRouting& trace) const { return fmt::format("trace {}", trace.file.name); }
};

struct DescribePlacement {
    std::string operator()(const ContiguousPlacement&) const { return "contiguous"; }
    std::string operator()(const RoundRobinPlacement&) const { return "round-robin"; }
    std::string operator()(const MapPlacement&) const { return "map"; }
    std::string operator()(const RedundantPlacement& redundant) const { return fmt::format("redundant +{}", redundant.extra); }
};

std::string describe_encoding(const Encoding& encoding, int hidden) {
    return fmt::format("{} {} B", encoding.dtype.name, in_bytes(bytes_per_copy(encoding, hidden)));
}

std::string describe_fabric(const Cluster& cluster) {
    const Efficiency& efficiency = cluster.efficiency;
    const std::string hop = cluster.network ? fmt::format("; {} us a switch", in_microseconds(cluster.network->hop_latency)) : "";
    return fmt::format("efficiency scale-up {}, scale-out {}, pcie {}{}", efficiency.scale_up, efficiency.scale_out,
                       efficiency.pcie, hop);
}

std::string describe_traffic(const Case& one, const Traffic& traffic) {
    const auto* tokens = std::get_if<TokenWorkload>(&one.workload.traffic);
    if (!tokens) return fmt::format("matrix {}", std::get<MatrixWorkload>(one.workload.traffic).file.name);
    const Model& model = tokens->model;
    const std::string groups =
        model.expert_groups > 1 ? fmt::format(" in {} of {} groups", model.groups_per_token, model.expert_groups) : "";
    return fmt::format("{} tokens x top-{} of {}{}, {}, seed {}; placement {}; a copy: dispatch {}, combine {}",
                       traffic.routing->token_count(), model.experts_per_token, model.experts, groups,
                       std::visit(DescribeRouting{}, tokens->routing), one.workload.seed,
                       std::visit(DescribePlacement{}, tokens->placement), describe_encoding(tokens->dispatch, model.hidden),
                       describe_encoding(tokens->combine, model.hidden));
}

}  // namespace

Traffic make_traffic(const Case& one) {
    Traffic traffic;
    if (const auto* matrix = std::get_if<MatrixWorkload>(&one.workload.traffic)) {
        traffic.dispatch = matrix->volumes;
        traffic.combine = transpose(matrix->volumes);
        return traffic;
    }
    const auto& tokens = std::get<TokenWorkload>(one.workload.traffic);
    std::vector<int> node_of_rank = node_of_each_rank(one.cluster);
    node_of_rank.resize(static_cast<std::size_t>(one.workload.ranks));
    traffic.routing = make_routing(tokens, one.workload.seed);
    traffic.tokens = make_token_matrix(*traffic.routing, place_experts(tokens, *traffic.routing), node_of_rank);
    traffic.dispatch = volumes_of(*traffic.tokens, bytes_per_copy(tokens.dispatch, tokens.model.hidden));
    traffic.combine = transpose(volumes_of(*traffic.tokens, bytes_per_copy(tokens.combine, tokens.model.hidden)));
    return traffic;
}

Fabric fabric_of(const Cluster& cluster) { return build_fabric(cluster); }

Prediction predict(const Case& one, const Traffic& traffic, const PredictOptions& options) {
    const Fabric fabric = build_fabric(one.cluster);
    const std::vector<Schedule> schedules{options.algorithm->plan(traffic.dispatch, fabric),
                                          options.algorithm->plan(traffic.combine, fabric)};
    const EngineChoice choice = choose_engine(options.engine, schedules);
    const std::vector<Timeline> timelines = simulate(fabric, schedules, choice.kind, options.progress);
    const EngineDescription engine = describe_engine(choice.kind);

    Prediction prediction;
    prediction.cluster_name = one.cluster.name;
    prediction.workload_name = one.workload.name;
    prediction.ranks = one.workload.ranks;
    prediction.nodes = node_of_each_rank(one.cluster)[static_cast<std::size_t>(one.workload.ranks) - 1] + 1;
    prediction.algorithm = options.algorithm->name;
    prediction.engine = engine.name;
    prediction.engine_version = engine.version;
    prediction.engine_settings = engine.settings;
    prediction.engine_reason = choice.reason;
    prediction.fabric = describe_fabric(one.cluster);
    prediction.traffic = describe_traffic(one, traffic);
    if (traffic.tokens) prediction.spread = measure_spread(*traffic.tokens, traffic.routing->token_count());
    prediction.phases = {analyse("dispatch", fabric, traffic.dispatch, schedules[0], timelines[0]),
                         analyse("combine", fabric, traffic.combine, schedules[1], timelines[1])};
    for (const Phase& phase : prediction.phases) prediction.layer_completion += phase.completion;
    if (const auto* tokens = std::get_if<TokenWorkload>(&one.workload.traffic)) prediction.moe_layers = tokens->model.moe_layers;
    return prediction;
}

}  // namespace tokenyard
