// SPDX-License-Identifier: Apache-2.0
#include "pipeline/predict.hpp"

#include "analysis/analyse.hpp"
#include "analysis/draw.hpp"
#include "analysis/lower_bound.hpp"
#include "analysis/standing.hpp"
#include "cluster/build_fabric.hpp"
#include "pipeline/explain.hpp"
#include "pipeline/ladder.hpp"
#include "pipeline/layer.hpp"
#include "pipeline/memory.hpp"
#include "pipeline/sensitivity.hpp"
#include "pipeline/setting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <numeric>
#include <utility>

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
    return fmt::format("{} {} B", encoding.dtype.name, in_bytes(message_of(encoding, hidden).total()));
}

std::string describe_fabric(const Cluster& cluster, const Fabric& fabric) {
    const Efficiency& efficiency = cluster.efficiency;
    const std::string hop = cluster.network ? fmt::format("; {} us a switch", in_microseconds(cluster.network->hop_latency)) : "";
    std::string line = fmt::format("efficiency scale-up {}, scale-out {}, pcie {}{}", efficiency.scale_up, efficiency.scale_out,
                                   efficiency.pcie, hop);
    if (!fabric.ecmp_groups.empty()) line += "; flows hashed onto equal links (static ECMP)";
    if (!cluster.faults.empty()) line += fmt::format("; {} faults", cluster.faults.size());
    if (!cluster.background.empty()) line += fmt::format("; {} loads of other jobs", cluster.background.size());
    return line;
}

std::size_t token_count(const TokenWorkload& tokens) {
    return std::accumulate(tokens.tokens_per_rank.begin(), tokens.tokens_per_rank.end(), std::size_t{0});
}

std::string describe_traffic(const Case& one) {
    const auto* tokens = std::get_if<TokenWorkload>(&one.workload.traffic);
    if (!tokens) return fmt::format("matrix {}", std::get<MatrixWorkload>(one.workload.traffic).file.name);
    const Model& model = tokens->model;
    const std::string groups =
        model.expert_groups > 1 ? fmt::format(" in {} of {} groups", model.groups_per_token, model.expert_groups) : "";
    return fmt::format("{} tokens x top-{} of {}{}, {}, seed {}; placement {}; a copy: dispatch {}, combine {}",
                       token_count(*tokens), model.experts_per_token, model.experts, groups,
                       std::visit(DescribeRouting{}, tokens->routing), one.workload.seed,
                       std::visit(DescribePlacement{}, tokens->placement), describe_encoding(tokens->dispatch, model.hidden),
                       describe_encoding(tokens->combine, model.hidden));
}

/// The part of a table by rank that the group uses.
std::vector<int> first(std::vector<int> of_rank, int ranks) {
    of_rank.resize(static_cast<std::size_t>(ranks));
    return of_rank;
}

}  // namespace

Traffic make_traffic(const Case& one, const Fabric& fabric) {
    Traffic traffic;
    traffic.combine.direction = Direction::combine;
    if (const auto* matrix = std::get_if<MatrixWorkload>(&one.workload.traffic)) {
        traffic.dispatch.volumes = matrix->volumes;
        traffic.combine.volumes = transpose(matrix->volumes);
        return traffic;
    }
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    const Tokens tokens(workload, one.workload.seed);
    return route(one, fabric, tokens, place_experts(workload, tokens));
}

std::vector<std::uint32_t> popularity_of(const Case& one) {
    const auto* tokens = std::get_if<TokenWorkload>(&one.workload.traffic);
    return tokens ? popularity_of(*tokens, one.workload.seed) : std::vector<std::uint32_t>();
}

Traffic route(const Case& one, const Fabric& fabric, const Tokens& tokens, const ExpertMap& experts, BatchPart part) {
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    const TokenMatrix counts = make_token_matrix(tokens, experts, first(fabric.node_of_each_rank(), one.workload.ranks),
                                                 first(fabric.island_of_each_rank(), one.workload.ranks), part);
    const Message out = message_of(workload.dispatch, workload.model.hidden),
                  back = message_of(workload.combine, workload.model.hidden);
    const int k = workload.model.experts_per_token, all = workload.model.experts;
    Traffic traffic;
    traffic.dispatch = {Direction::dispatch, volumes_of(counts, out.total()), ExchangedTokens{counts, out, k, all}};
    traffic.combine = {Direction::combine, transpose(volumes_of(counts, back.total())), ExchangedTokens{counts, back, k, all}};
    return traffic;
}

Routing routing_of(const Case& one) { return make_routing(std::get<TokenWorkload>(one.workload.traffic), one.workload.seed); }

Fabric fabric_of(const Cluster& cluster) { return build_fabric(cluster); }

std::string refusal(const Algorithm& algorithm, const Traffic& traffic, const Fabric& fabric, const Costs& costs) {
    const std::string of_dispatch = algorithm.refusal(traffic.dispatch, fabric, costs);
    return of_dispatch.empty() ? algorithm.refusal(traffic.combine, fabric, costs) : of_dispatch;
}

namespace {

struct PhasesAndEngine {
    std::vector<Phase> phases;
    EngineChoice choice;
};

/// What is made of each of `inputs`, side by side.
template <class Input, class Make>
auto for_each_at_once(const std::vector<Input>& inputs, const Make& make) {
    std::vector<std::future<decltype(make(inputs.front()))>> runs;
    for (const Input& input : inputs) runs.push_back(std::async(std::launch::async, [&] { return make(input); }));
    std::vector<decltype(make(inputs.front()))> results;
    for (auto& run : runs) results.push_back(run.get());
    return results;
}

/// Some phases, each on the idle cluster, at once. Pre: a schedule for each exchange.
PhasesAndEngine simulate_phases(const std::vector<const Exchange*>& exchanges, const std::vector<Schedule>& schedules,
                                const Case& one, const Fabric& fabric, const PredictOptions& options) {
    const EngineChoice choice = choose_engine(options.engine, options.accuracy, schedules);
    std::vector<Timeline> timelines =
        simulate(fabric, schedules, choice.kind, options.progress, choice.accuracy, options.pictures ? picture_bins : 0);
    const std::optional<ExpertTraffic> experts = options.explain ? expert_traffic_of(one) : std::nullopt;
    std::vector<std::size_t> indices(exchanges.size());
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    const auto analysed = [&](std::size_t i) {
        const Exchange& exchange = *exchanges[i];
        const std::string name = exchange.direction == Direction::dispatch ? "dispatch" : "combine";
        const std::vector<Bound> bounds = lower_bounds(fabric, schedules[i]);
        const Timeline timeline = held_to(bounds, std::move(timelines[i]));
        Phase phase = analyse(name, fabric, exchange.volumes, schedules[i], timeline, bounds);
        if (exchange.tokens) phase.token_size = options.algorithm->token_size(exchange, fabric, in_effect(one.costs));
        if (options.explain) phase.why = explain(fabric, exchange, schedules[i], timeline, phase, *options.algorithm, experts);
        if (options.pictures) phase.picture = draw(fabric, schedules[i], timeline);
        return phase;
    };
    return {for_each_at_once(indices, analysed), choice};
}

/// Both phases at once; or one after the other where one alone fills gigabytes.
PhasesAndEngine simulate_phases(const Case& one, const Fabric& fabric, const Traffic& traffic, const PredictOptions& options) {
    constexpr std::size_t many_pairs = 4'500'000, many_steps = 8'000'000;  // the latter take 2 GiB
    const auto planned = [&](const Exchange* exchange) { return plan(*options.algorithm, *exchange, fabric, one.costs); };
    const std::vector<const Exchange*> exchanges{&traffic.dispatch, &traffic.combine};
    const auto ranks = static_cast<std::size_t>(one.workload.ranks);
    if (ranks * ranks <= many_pairs)
        return simulate_phases(exchanges, for_each_at_once(exchanges, planned), one, fabric, options);
    std::vector<Schedule> schedules;
    schedules.push_back(planned(exchanges[0]));
    if (schedules.front().steps().size() <= many_steps) {
        schedules.push_back(planned(exchanges[1]));
        return simulate_phases(exchanges, schedules, one, fabric, options);
    }
    PredictOptions first = options, second = options;
    if (options.progress) {
        first.progress = [&](double part) { options.progress(part / 2); };
        second.progress = [&](double part) { options.progress((1 + part) / 2); };
    }
    PhasesAndEngine both = simulate_phases({exchanges[0]}, schedules, one, fabric, first);
    schedules.clear();  // its memory is for the next one
    schedules.push_back(planned(exchanges[1]));
    second.engine = both.choice.kind;
    if (both.choice.kind == EngineKind::fluid) second.accuracy = both.choice.accuracy;
    both.phases.push_back(simulate_phases({exchanges[1]}, schedules, one, fabric, second).phases.front());
    return both;
}

void add_standings(const Case& one, const Fabric& fabric, const PredictOptions& options, std::vector<Phase>& phases) {
    if (options.record.empty()) return;
    const TrackRecord record(options.record);
    for (Phase& phase : phases)
        phase.standing = record.standing_of(setting_of(one, fabric, *options.algorithm, phase), phase.completion);
}

void add_ladders(const Case& one, const Fabric& fabric, const Traffic& traffic, const Algorithm& algorithm,
                 const EngineChoice& choice, std::vector<Phase>& phases) {
    const std::array exchanges{&traffic.dispatch, &traffic.combine};
    for (std::size_t i = 0; i < phases.size(); ++i)
        phases[i].why->ladder = climb(*exchanges[i], fabric, one.costs, algorithm, choice, phases[i].completion);
}

}  // namespace

Schedule plan_phase(const Case& one, const Fabric& fabric, const Traffic& traffic, const Algorithm& algorithm,
                    Direction direction) {
    return plan(algorithm, direction == Direction::dispatch ? traffic.dispatch : traffic.combine, fabric, one.costs);
}

Prediction predict(const Case& one, const Fabric& fabric, const Traffic& traffic, const PredictOptions& options) {
    PredictOptions of_phases = options, of_what_ifs = options;
    if (options.progress && options.sensitivity) {
        constexpr double first_part = 0.05;  // of some 20 simulations
        of_phases.progress = [&](double part) { options.progress(part * first_part); };
        of_what_ifs.progress = [&](double part) { options.progress(first_part + part * (1 - first_part)); };
    }
    auto [phases, choice] = simulate_phases(one, fabric, traffic, of_phases);
    const EngineDescription engine = describe_engine(choice.kind, choice.accuracy);

    Prediction prediction;
    prediction.cluster_name = one.cluster.name;
    prediction.workload_name = one.workload.name;
    prediction.ranks = one.workload.ranks;
    prediction.nodes = fabric.gpus[static_cast<std::size_t>(one.workload.ranks) - 1].node + 1;
    prediction.hardware = hardware_of(one.cluster, fabric, prediction.nodes);
    prediction.memory = memory_of(one, fabric, *options.algorithm);
    prediction.costs = one.origins;
    prediction.algorithm = options.algorithm->name;
    prediction.algorithm_reason = options.algorithm_reason;
    if (const std::string taken = options.algorithm->takes(one.workload.ranks).reason; !taken.empty())
        prediction.algorithm_reason += (prediction.algorithm_reason.empty() ? "" : "; ") + taken;
    prediction.sent_once_to = name_of(granularity_of(*options.algorithm, fabric, one.workload.ranks));
    prediction.engine = engine.name;
    prediction.engine_version = engine.version;
    prediction.engine_settings = engine.settings;
    prediction.engine_reason = choice.reason;
    prediction.engine_accuracy = choice.accuracy.makespan;
    prediction.fabric = describe_fabric(one.cluster, fabric);
    prediction.traffic = describe_traffic(one);
    prediction.warnings = one.warnings;
    if (const auto* tokens = std::get_if<TokenWorkload>(&one.workload.traffic))
        prediction.spread = measure_spread(traffic.dispatch.tokens->counts, token_count(*tokens));
    prediction.phases = std::move(phases);
    for (const Phase& phase : prediction.phases) prediction.layer_completion += phase.completion;
    add_standings(one, fabric, options, prediction.phases);
    if (options.explain) add_ladders(one, fabric, traffic, *options.algorithm, choice, prediction.phases);
    if (options.layer) prediction.layer = predict_layer(one, fabric, traffic, of_phases);
    if (options.sensitivity) prediction.sensitivity = measure_sensitivity(one, fabric, traffic, of_what_ifs, choice);
    if (const auto* tokens = std::get_if<TokenWorkload>(&one.workload.traffic)) prediction.moe_layers = tokens->model.moe_layers;
    return prediction;
}

Comparison compare_algorithms(const Case& one, const Fabric& fabric, const Traffic& traffic, const PredictOptions& options) {
    Comparison comparison;
    std::vector<const Algorithm*> compared = options.compared;
    if (compared.empty())
        for (const Algorithm& algorithm : algorithms()) compared.push_back(&algorithm);
    const double each = 1.0 / static_cast<double>(compared.size());
    double before = 0;
    for (const Algorithm* one_of_them : compared) {
        const Algorithm& algorithm = *one_of_them;
        PredictOptions of_this = options;
        of_this.algorithm = &algorithm;
        if (options.progress) of_this.progress = [&](double part) { options.progress(before + part * each); };
        std::string reason = refusal(algorithm, traffic, fabric, one.costs);
        if (reason.empty() && options.layer) reason = refusal_of_layer(one, fabric, algorithm, *options.layer);
        if (!reason.empty()) comparison.refused.push_back({std::string(algorithm.name), reason});
        else comparison.predictions.push_back(predict(one, fabric, traffic, of_this));
        before += each;
    }
    std::stable_sort(comparison.predictions.begin(), comparison.predictions.end(), [](const Prediction& a, const Prediction& b) {
        return a.layer && b.layer ? a.layer->completion < b.layer->completion : a.layer_completion < b.layer_completion;
    });
    return comparison;
}

}  // namespace tokenyard
