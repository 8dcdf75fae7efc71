// SPDX-License-Identifier: Apache-2.0
#include "pipeline/place.hpp"

#include "compute/compute_times.hpp"
#include "pipeline/completion.hpp"
#include "pipeline/layer.hpp"
#include "place/eplb.hpp"
#include "place/search.hpp"

#include <cmath>

#include <algorithm>
#include <limits>
#include <numeric>

namespace tokenyard {
namespace {

/// Max over mean of what ranks receive.
double load_of(const TokenMatrix& counts) {
    std::vector<double> received(static_cast<std::size_t>(counts.copies.columns()));
    for (int source = 0; source < counts.copies.rows(); ++source)
        for (std::size_t rank = 0; rank < received.size(); ++rank) received[rank] += counts.copies.row(source)[rank];
    const double sum = std::accumulate(received.begin(), received.end(), 0.0);
    return sum > 0 ? *std::ranges::max_element(received) * static_cast<double>(received.size()) / sum : 1;
}

/// Simulates placements of one window of tokens.
class Judge {
public:
    Judge(const Case& one, const Fabric& fabric, const Routing& window, const PlaceOptions& options)
        : case_(one), fabric_(fabric), options_(options) {
        TokenWorkload& workload = tokens();
        workload.tokens_per_rank.clear();
        for (std::size_t rank = 0; rank + 1 < window.first_token.size(); ++rank)
            workload.tokens_per_rank.push_back(static_cast<int>(window.first_token[rank + 1] - window.first_token[rank]));
        workload.routing = TraceRouting{{"window", "", ""}, window};
    }

    /// Infinitely long where the algorithm cannot carry out what this placement exchanges.
    PlacementScore score(const ExpertMap& experts) {
        tokens().placement = MapPlacement{experts.ranks_of_expert};
        const Traffic traffic = make_traffic(case_, fabric_);
        PlacementScore score{{std::numeric_limits<double>::infinity()}, load_of(traffic.dispatch.tokens->counts)};
        if (!refusal(*options_.algorithm, traffic, fabric_, case_.costs).empty()) return score;
        score.time = options_.aim == PlacementAim::layer ? time_of_layer(traffic) : time_of_phases(traffic);
        return score;
    }

private:
    TokenWorkload& tokens() { return std::get<TokenWorkload>(case_.workload.traffic); }

    Seconds time_of_phases(const Traffic& traffic) const {
        std::vector<Schedule> schedules;
        for (const auto& [direction, other] :
             {std::pair{Direction::dispatch, PlacementAim::combine}, std::pair{Direction::combine, PlacementAim::dispatch}})
            if (options_.aim != other) schedules.push_back(plan_phase(case_, fabric_, traffic, *options_.algorithm, direction));
        const EngineChoice choice = choose_engine(EngineKind::fluid, options_.accuracy, schedules);
        Seconds time;
        for (const Seconds completion : completions_of(fabric_, schedules, choice.kind, choice.accuracy)) time += completion;
        return time;
    }

    Seconds time_of_layer(const Traffic& traffic) const {
        PredictOptions options;
        options.algorithm = options_.algorithm;
        options.engine = EngineKind::fluid;
        options.accuracy = options_.accuracy;
        options.layer = LayerOverlap::none;
        return predict_layer(case_, fabric_, traffic, options).completion;
    }

    Case case_;  // its routing is the window, its placement the one that is judged
    const Fabric& fabric_;
    const PlaceOptions& options_;
};

/// What an expert's copies take where the layer counts: of an even share of all tokens, a copy's part.
std::vector<Seconds> compute_of_copy(const Case& one, const Fabric& fabric, const Routing& window, const PlaceOptions& options) {
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    const int ranks = one.workload.ranks, of_rank = options.slots / ranks;
    const LayerShape shape{workload.model, message_of(workload.dispatch, workload.model.hidden),
                           message_of(workload.combine, workload.model.hidden), granularity_of(*options.algorithm, fabric, ranks),
                           options.algorithm->packing};
    RankTokens tokens;
    tokens.tokens = static_cast<double>(window.token_count()) / ranks;
    tokens.copies_sent = tokens.ranks_sent = tokens.islands_sent = tokens.tokens * window.experts_per_token;
    tokens.copies_received = tokens.unique_received = tokens.copies_sent;
    tokens.of_expert.assign(static_cast<std::size_t>(of_rank),
                            static_cast<std::uint32_t>(std::ceil(tokens.copies_received / of_rank)));
    std::vector<Seconds> times;
    for (int rank = 0; rank < ranks; ++rank) {
        const double speed = fabric.gpus[static_cast<std::size_t>(rank)].speed;
        const ComputeTimes all = compute_times(shape, tokens, fabric.gpu_model(rank), one.costs.compute, 1);
        times.push_back(all.behind() / speed / std::max(tokens.copies_received, 1.0));
    }
    return times;
}

CopyWeight weight_of_copy(const Case& one, const Fabric& fabric, const Routing& window, const PlaceOptions& options) {
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    CopyWeight weight;
    if (options.aim != PlacementAim::combine) weight.dispatch = message_of(workload.dispatch, workload.model.hidden).total();
    if (options.aim != PlacementAim::dispatch) weight.combine = message_of(workload.combine, workload.model.hidden).total();
    if (options.aim == PlacementAim::layer) weight.compute = compute_of_copy(one, fabric, window, options);
    return weight;
}

/// EPLB's groups stay in their nodes only where each node has as many ranks; 1 elsewhere.
int nodes_for_groups(const Case& one, const Fabric& fabric) {
    const int ranks = one.workload.ranks, nodes = fabric.gpus[static_cast<std::size_t>(ranks) - 1].node + 1;
    const int groups = std::get<TokenWorkload>(one.workload.traffic).model.expert_groups;
    std::vector<int> ranks_of(static_cast<std::size_t>(nodes));
    for (int rank = 0; rank < ranks; ++rank)
        ++ranks_of[static_cast<std::size_t>(fabric.gpus[static_cast<std::size_t>(rank)].node)];
    const bool is_even = std::ranges::all_of(ranks_of, [&](int count) { return count == ranks_of.front(); });
    return is_even && groups % nodes == 0 ? nodes : 1;
}

/// EPLB's greedy in a node needs a slot for each of its experts: nodes and slots that do not fit them leave the other policy.
std::vector<std::pair<std::string, ExpertSlots>> eplb_slots(const Case& one, const Fabric& fabric,
                                                            const std::vector<double>& load, int slots) {
    const int ranks = one.workload.ranks, nodes = nodes_for_groups(one, fabric);
    const int groups = std::get<TokenWorkload>(one.workload.traffic).model.expert_groups;
    std::vector<std::pair<std::string, ExpertSlots>> found{{"eplb", eplb_greedy(load, {slots, 1, 1, ranks})}};
    if (nodes > 1) found.emplace_back("eplb in nodes", eplb_greedy(load, {slots, groups, nodes, ranks}));
    return found;
}

/// Slots of a map where each rank holds as many copies as every other one.
std::optional<ExpertSlots> as_slots(const ExpertMap& map, int ranks, int slots) {
    std::vector<ExpertSlots> of_rank(static_cast<std::size_t>(ranks));
    for (std::size_t expert = 0; expert < map.ranks_of_expert.size(); ++expert)
        for (const int rank : map.ranks_of_expert[expert])
            of_rank[static_cast<std::size_t>(rank)].push_back(static_cast<int>(expert));
    ExpertSlots all;
    for (const ExpertSlots& one : of_rank) {
        if (one.size() != static_cast<std::size_t>(slots / ranks)) return {};
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
}

ExpertMap given_map(const Case& one, const Routing& planned, const std::optional<ExpertSlots>& given) {
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    return given ? expert_map_of(*given, workload.model.experts, one.workload.ranks) : place_experts(workload, Tokens(planned));
}

}  // namespace

int slot_count(const TokenWorkload& workload) {
    if (const auto* redundant = std::get_if<RedundantPlacement>(&workload.placement))
        return workload.model.experts + redundant->extra;
    const auto* map = std::get_if<MapPlacement>(&workload.placement);
    if (!map) return workload.model.experts;
    std::size_t slots = 0;
    for (const std::vector<int>& ranks : map->ranks_of_expert) slots += ranks.size();
    return static_cast<int>(slots);
}

std::string refusal_of_placing(const Case& one, const Fabric& fabric, const PlacementWindows& windows,
                               const PlaceOptions& options) {
    const Tokens tokens(windows.planned);
    const Traffic traffic = route(one, fabric, tokens, place_experts(std::get<TokenWorkload>(one.workload.traffic), tokens));
    if (std::string reason = refusal(*options.algorithm, traffic, fabric, one.costs); !reason.empty()) return reason;
    return options.aim == PlacementAim::layer ? refusal_of_layer(one, fabric, *options.algorithm, LayerOverlap::none) : "";
}

LayerPlacement place_layer(const Case& one, const Fabric& fabric, const PlacementWindows& windows, const PlaceOptions& options,
                           const std::optional<ExpertSlots>& given) {
    const int experts = std::get<TokenWorkload>(one.workload.traffic).model.experts, ranks = one.workload.ranks;
    Judge planned(one, fabric, windows.planned, options);
    std::optional<Judge> next;
    if (windows.next) next.emplace(one, fabric, *windows.next, options);
    LayerPlacement placement;
    const auto add_row = [&](const std::string& name, const ExpertMap& map) {
        placement.rows.push_back({name, planned.score(map), {}});
        if (next) placement.rows.back().next = next->score(map);
    };
    std::vector<ProvenSlots> starts;
    const auto add_start = [&](const ExpertSlots& slots) { starts.push_back({slots, placement.rows.back().planned.time.si}); };

    for (const auto& [name, slots] : eplb_slots(one, fabric, Demand(windows.planned).totals(), options.slots)) {
        add_row(name, expert_map_of(slots, experts, ranks));
        add_start(slots);
    }
    const ExpertMap before = given_map(one, windows.planned, given);
    add_row("given", before);
    if (const std::optional<ExpertSlots> slots = as_slots(before, ranks, options.slots)) add_start(*slots);
    std::rotate(placement.rows.begin(), placement.rows.end() - 1, placement.rows.end());

    LinkLoads loads(fabric, windows.planned, weight_of_copy(one, fabric, windows.planned, options));
    const auto prove = [&](const ExpertSlots& slots) { return planned.score(expert_map_of(slots, experts, ranks)).time.si; };
    const SlotSearchResult found = search_slots(starts, loads, {options.simulations, options.seed, prove, options.progress});
    placement.slots = found.best.slots;
    placement.simulations = found.simulations;
    add_row("searched", expert_map_of(placement.slots, experts, ranks));
    return placement;
}

}  // namespace tokenyard
