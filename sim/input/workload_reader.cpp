// SPDX-License-Identifier: Apache-2.0
#include "input/workload_reader.hpp"

#include "input/id_array.hpp"
#include "input/matrix_file.hpp"
#include "input/model_reader.hpp"
#include "input/parts.hpp"
#include "input/routing_files.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace tokenyard {
namespace {

constexpr std::array<std::string_view, 16> workload_top_keys{
    "name",    "description", "base",    "ranks",          "seed",   "model",     "batch",     "dispatch",
    "combine", "placement",   "routing", "between_layers", "memory", "libraries", "algorithm", "sources"};

constexpr long most_tokens = 1 << 24;  // a rank; a prefill has thousands
constexpr long most_ranks_of_workload = 65536;
constexpr long most_copies = 1L << 29;  // a layer: 4,096 tokens x top-8 on each of 16,384 ranks
constexpr long most_slots = 1L << 22;   // experts and their copies

constexpr std::array<std::string_view, 4> placement_kinds{"contiguous", "round-robin", "map", "redundant"};
constexpr std::array<std::string_view, 9> routing_kinds{"uniform", "zipf", "lognormal", "dirichlet", "hot",
                                                        "shares",  "skew", "trace",     "matrix"};

/// Reads `ranks`, or takes all of the cluster's GPUs; 0 when neither is known.
int ranks_from(const StrictMap& map, std::optional<int> cluster_gpus) {
    const YamlPtr ranks = map.optional("ranks");
    if (!ranks) return cluster_gpus.value_or(0);
    const int count = static_cast<int>(count_value(*ranks, 1, most_ranks_of_workload));
    if (cluster_gpus && count > *cluster_gpus) refuse(*ranks, fmt::format("at most the cluster's {} GPUs", *cluster_gpus));
    return count;
}

std::vector<int> batch_from(const YamlPtr& yaml, int ranks) {
    const YamlPtr tokens = StrictMap(yaml, "batch", {"tokens_per_rank"}).required("tokens_per_rank");
    if (tokens->kind != YamlNode::Kind::list) {
        const int each = static_cast<int>(count_value(*tokens, 0, most_tokens));
        return std::vector<int>(static_cast<std::size_t>(std::max(ranks, 1)), each);
    }
    std::vector<int> per_rank;
    for (const YamlPtr& item : list_value(*tokens, "token counts"))
        per_rank.push_back(static_cast<int>(count_value(*item, 0, most_tokens)));
    if (ranks > 0 && per_rank.size() != static_cast<std::size_t>(ranks))
        throw InputError(tokens->at,
                         fmt::format("found {} token counts; expected one for each of the {} ranks", per_rank.size(), ranks));
    return per_rank;
}

/// `expert_of_rank` is the last expert that was seen on each rank.
std::vector<int> ranks_of_one_expert(const YamlNode& entry, int expert, std::vector<int>& expert_of_rank) {
    const long last = static_cast<long>(expert_of_rank.size()) - 1;
    if (entry.kind != YamlNode::Kind::list) return {static_cast<int>(count_value(entry, 0, last))};
    std::vector<int> ranks;
    for (const YamlPtr& rank : list_value(entry, "at least one rank for each expert")) {
        ranks.push_back(static_cast<int>(count_value(*rank, 0, last)));
        if (std::exchange(expert_of_rank[static_cast<std::size_t>(ranks.back())], expert) == expert)
            refuse(*rank, "each rank once for an expert");
    }
    return ranks;
}

MapPlacement map_placement_from(const YamlNode& list, const Model& model, int ranks) {
    const std::vector<YamlPtr>& entries = list_value(list, "a rank, or a list of ranks, for each expert");
    if (entries.size() != static_cast<std::size_t>(model.experts))
        throw InputError(list.at,
                         fmt::format("found {} entries; expected one for each of the {} experts", entries.size(), model.experts));
    MapPlacement placement;
    std::vector<int> expert_of_rank(static_cast<std::size_t>(ranks > 0 ? ranks : most_ranks_of_workload), -1);
    std::size_t slots = 0;
    for (const YamlPtr& entry : entries) {
        const int expert = static_cast<int>(placement.ranks_of_expert.size());
        placement.ranks_of_expert.push_back(ranks_of_one_expert(*entry, expert, expert_of_rank));
        slots += placement.ranks_of_expert.back().size();
        if (slots > static_cast<std::size_t>(most_slots))
            throw InputError(entry->at, fmt::format("found more than {} experts' copies; expected fewer", most_slots));
    }
    return placement;
}

/// The most experts on one rank without redundant copies.
int most_on_one_rank(const Placement& placement, const Model& model, int ranks) {
    const auto* map = std::get_if<MapPlacement>(&placement);
    if (!map) return (model.experts + ranks - 1) / ranks;
    std::vector<int> experts(static_cast<std::size_t>(ranks));
    for (const std::vector<int>& holders : map->ranks_of_expert)
        for (const int rank : holders) ++experts[static_cast<std::size_t>(rank)];
    return *std::max_element(experts.begin(), experts.end());
}

/// A rank receives at most min(k, its experts) copies of a token, and k / ranks in the mean.
void check_skew_is_possible(const YamlNode& max_over_mean, const TokenWorkload& traffic, double skew, int ranks) {
    const int k = traffic.model.experts_per_token;
    const int on_one = std::min(k, most_on_one_rank(traffic.placement, traffic.model, ranks));
    const double most = static_cast<double>(ranks) * on_one / k;
    if (skew > most)
        refuse(max_over_mean, fmt::format("at most {}, because a rank receives at most {} of a token's {} copies on {} ranks",
                                          most, on_one, k, ranks));
}

Placement placement_from(const YamlPtr& yaml, const Model& model, const YamlNode& experts, int ranks) {
    const auto check_divides = [&](int slots, const YamlNode& at) {
        if (ranks > 0 && slots % ranks != 0)
            throw InputError(at.at,
                             fmt::format("found {} experts' slots for {} ranks; expected a multiple of the ranks", slots, ranks));
    };
    const std::string kind = yaml ? kind_of(*yaml, "placement", placement_kinds) : "contiguous";
    if (kind == "map")
        return map_placement_from(*StrictMap(yaml, "placement", {"kind", "ranks"}).required("ranks"), model, ranks);
    if (kind == "redundant") {
        const YamlPtr extra = StrictMap(yaml, "placement", {"kind", "extra"}).required("extra");
        const RedundantPlacement placement{static_cast<int>(count_value(*extra, 0, most_experts))};
        check_divides(model.experts + placement.extra, *extra);
        if (ranks > 0 && (model.experts + placement.extra) / ranks > model.experts)
            refuse(*extra, "no more slots on a rank than there are experts");
        return placement;
    }
    if (yaml) StrictMap(yaml, "placement", {"kind"});
    if (kind == "contiguous" && ranks > 0 && model.experts % ranks != 0)
        refuse(experts, fmt::format("a multiple of the {} ranks (or placement kind map or redundant, or fewer ranks)", ranks));
    return kind == "contiguous" ? Placement{ContiguousPlacement{}} : Placement{RoundRobinPlacement{}};
}

HotRouting hot_from(const YamlPtr& yaml, const Model& model) {
    const StrictMap map(yaml, "routing", {"kind", "experts", "factor"});
    HotRouting hot;
    for (const YamlPtr& item : list_value(*map.required("experts"), "expert ids")) {
        hot.experts.push_back(static_cast<int>(count_value(*item, 0, model.experts - 1)));
        if (std::count(hot.experts.begin(), hot.experts.end(), hot.experts.back()) > 1) refuse(*item, "each expert once");
    }
    hot.factor = number_value(*map.required("factor"), 0, 1e6, true);
    return hot;
}

/// `batch`, where it is given, says how the tokens of an array are parted.
RoutingSource routing_from(const YamlPtr& yaml, const Model& model, int ranks, const YamlPtr& batch) {
    const std::string kind = kind_of(*yaml, "routing", routing_kinds);
    const auto only = [&](std::string_view key) { return StrictMap(yaml, "routing", {"kind", key}).required(key); };
    if (kind == "zipf") return ZipfRouting{number_value(*only("exponent"), 0, 10)};
    if (kind == "lognormal") return LognormalRouting{number_value(*only("sigma"), 0, 10)};
    if (kind == "dirichlet") return DirichletRouting{number_value(*only("alpha"), 1e-3, 1e6)};
    if (kind == "hot") return hot_from(yaml, model);
    if (kind == "shares") return shares_from_file(*only("file"), model);
    if (kind == "skew") return SkewRouting{number_value(*only("max_over_mean"), 1, 1e6)};
    if (kind == "trace") {
        const YamlPtr file = only("file");
        if (!is_id_array(*file)) return trace_from_file(*file, model, ranks);
        return trace_from_array(*file, model, ranks, batch ? batch_from(batch, ranks) : std::vector<int>());
    }
    StrictMap(yaml, "routing", {"kind"});
    return UniformRouting{};
}

/// The batch of a recorded routing is what was recorded; a batch beside it must say the same, but that of an array, where it
/// counts masked tokens too.
std::vector<int> tokens_of_trace(const TraceRouting& trace, const YamlPtr& batch, bool is_array) {
    std::vector<int> tokens;
    for (int rank = 0; rank < trace.routing.rank_count(); ++rank)
        tokens.push_back(static_cast<int>(trace.routing.first_token[static_cast<std::size_t>(rank) + 1] -
                                          trace.routing.first_token[static_cast<std::size_t>(rank)]));
    if (batch && !is_array && batch_from(batch, trace.routing.rank_count()) != tokens)
        throw InputError(
            batch->at, fmt::format("found a batch that differs from the tokens in {}; expected none beside a trace, or the same",
                                   in_quotes(trace.file.name)));
    return tokens;
}

/// What is wrong with routing, placement and batch whatever the model is, where that was refused.
void check_without_model(const StrictMap& map, int ranks, Refusals& refusals) {
    if (const YamlPtr placement = map.optional("placement"))
        refusals.attempt([&] { kind_of(*placement, "placement", placement_kinds); });
    refusals.attempt([&] { kind_of(*map.required("routing"), "routing", routing_kinds); });
    if (const YamlPtr batch = map.optional("batch")) refusals.attempt([&] { batch_from(batch, ranks); });
}

/// Placement, routing and batch, which need the model, and `ranks`, 0 where the file leaves them to the cluster.
void read_tokens(const StrictMap& map, int ranks, TokenWorkload& traffic) {
    const YamlPtr model = map.required("model"), batch = map.optional("batch"), routing = map.required("routing");
    Refusals refusals;
    refusals.attempt([&] {
        traffic.placement = placement_from(map.optional("placement"), traffic.model, *find(*model, "experts")->value, ranks);
    });
    refusals.attempt([&] { traffic.routing = routing_from(routing, traffic.model, ranks, batch); });
    if (!std::holds_alternative<TraceRouting>(traffic.routing))
        refusals.attempt([&] {
            const YamlEntry* kind = routing->kind == YamlNode::Kind::map ? find(*routing, "kind") : nullptr;
            const bool is_trace = kind && kind->value->text == "trace";  // one that was refused may say the batch
            if (!is_trace || batch) traffic.tokens_per_rank = batch_from(map.required("batch"), ranks);
        });
    refusals.expect_none();
    if (const auto* skew = std::get_if<SkewRouting>(&traffic.routing); skew && ranks > 0)
        check_skew_is_possible(*find(*routing, "max_over_mean")->value, traffic, skew->max_over_mean, ranks);
    if (const auto* trace = std::get_if<TraceRouting>(&traffic.routing))
        traffic.tokens_per_rank = tokens_of_trace(*trace, batch, is_id_array(*find(*routing, "file")->value));
    const long tokens = std::accumulate(traffic.tokens_per_rank.begin(), traffic.tokens_per_rank.end(), 0L);
    if (tokens * traffic.model.experts_per_token > most_copies)
        throw InputError((batch ? find(*batch, "tokens_per_rank")->value : routing)->at,
                         fmt::format("found {} tokens with {} copies each; expected at most {} copies in all", tokens,
                                     traffic.model.experts_per_token, most_copies));
}

/// `ranks` is nothing where they were refused.
TokenWorkload token_workload_from(const StrictMap& map, std::optional<int> ranks) {
    TokenWorkload traffic;
    Refusals refusals;
    const bool has_model = refusals.attempt([&] { traffic.model = model_from(map.required("model")); });
    refusals.attempt([&] { traffic.dispatch = encoding_from(map.required("dispatch"), "dispatch"); });
    refusals.attempt([&] { traffic.combine = encoding_from(map.required("combine"), "combine"); });
    read_if_there(map, "between_layers", refusals,
                  [&](const YamlNode& between) { traffic.between_layers = time_value(between); });
    if (const YamlPtr memory = map.optional("memory"))
        refusals.attempt(
            [&] { traffic.other_memory = size_value(*StrictMap(memory, "memory", {"other"}).required("other"), true); });
    if (has_model) refusals.attempt([&] { read_tokens(map, ranks.value_or(0), traffic); });
    else check_without_model(map, ranks.value_or(0), refusals);
    refusals.expect_none();
    return traffic;
}

MatrixWorkload matrix_from(const StrictMap& map, int ranks) {
    for (const std::string_view key : {"model", "batch", "dispatch", "combine", "placement", "between_layers", "memory"})
        map.refuse(key, "routing kind matrix gives S(i,k) in bytes itself");
    const YamlPtr file = StrictMap(map.required("routing"), "routing", {"kind", "file"}).required("file");
    return matrix_from_file(name_value(*file, "file"), file->at, ranks);
}

}  // namespace

std::span<const std::string_view> workload_keys() { return workload_top_keys; }

Workload workload_from(const YamlPtr& root, std::optional<int> cluster_gpus) {
    Refusals refusals;
    const StrictMap map(root, "the workload", workload_top_keys, &refusals);
    Workload workload;
    read_required(map, "name", refusals, [&](const YamlNode& name) { workload.name = name_value(name, "name"); });
    read_if_there(map, "description", refusals,
                  [&](const YamlNode& description) { workload.description = text_value(description, "description"); });
    read_if_there(map, "sources", refusals,
                  [&](const YamlNode& sources) { workload.sources = texts_value(sources, sources_are); });
    read_if_there(map, "seed", refusals, [&](const YamlNode& seed) { workload.seed = seed_value(seed); });
    read_if_there(map, "libraries", refusals, [&](const YamlNode& libraries) { workload.libraries = libraries_from(libraries); });
    read_if_there(map, "algorithm", refusals, [&](const YamlNode& algorithm) {
        workload.algorithm =
            NameInFile{name_value(algorithm, "algorithm"), algorithm.at.text->shown, algorithm.at.line, algorithm.at.column};
    });
    const bool has_ranks = refusals.attempt([&] { workload.ranks = ranks_from(map, cluster_gpus); });
    const YamlPtr routing = map.optional("routing");
    const YamlEntry* kind = routing && routing->kind == YamlNode::Kind::map ? find(*routing, "kind") : nullptr;
    refusals.attempt([&] {
        if (kind && kind->value->text == "matrix") workload.traffic = matrix_from(map, has_ranks ? workload.ranks : 0);
        else workload.traffic = token_workload_from(map, has_ranks ? std::optional(workload.ranks) : std::nullopt);
    });
    refusals.expect_none();
    return workload;
}

}  // namespace tokenyard
