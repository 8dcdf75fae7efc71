// SPDX-License-Identifier: Apache-2.0
// Which expert each slot of each rank holds, as serving engines write it down, and what a search for better slots found.
#pragma once

#include "model/routing.hpp"
#include "model/standing.hpp"
#include "model/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// physical_to_logical: the expert in each slot. Rank r owns as many slots as every other one, from r x slots / ranks on.
using ExpertSlots = std::vector<int>;

/// The ranks of each expert in the order of its slots; a rank stands twice where two of its slots hold the same expert.
/// Pre: ranks divides the slots, each expert from 0 to `experts` - 1 has a slot.
ExpertMap expert_map_of(const ExpertSlots& slots, int experts, int ranks);

/// Files that say which slots hold which experts, a row a layer.
///   eplb: `[[5, 6, ...], ...]`, physical_to_logical_map as EPLB gives it.
///   sglang: `{"physical_to_logical_map": [[...]]}`, as SGLang's --init-expert-location reads it.
///   vllm_ascend: `{"moe_layer_count": ..., "layer_list": [...]}`, as vLLM Ascend's expert_map_path reads it.
enum class SlotsFormat { eplb, sglang, vllm_ascend };

/// What a placement is searched for.
enum class PlacementAim { dispatch, combine, both, layer };

struct PlacementScore {
    Seconds time;
    double load = 1;  // max over mean of the copies that ranks receive
};

struct PlacementRow {
    std::string name;  // given, eplb, eplb in nodes, searched
    PlacementScore planned;
    std::optional<PlacementScore> next;  // on the window that it was not planned on
};

struct LayerPlacement {
    std::string routing;  // what it was planned on
    std::vector<PlacementRow> rows;
    ExpertSlots slots;    // of the last row, which is what was found
    int simulations = 0;  // that the search took
};

/// What was asked and what was found, a layer after the other.
struct PlacementReport {
    std::string cluster_name, workload_name, costs, algorithm, aim;
    std::string engine, engine_version;
    int ranks = 0, nodes = 0, experts = 0, slots = 0, simulations = 0;
    std::uint64_t seed = 1;
    std::string planned_window, next_window;  // the latter empty where there is none
    std::vector<LayerPlacement> layers;
    std::vector<PhaseStanding> standings;  // of the placement that there is, in the first layer; none without a record
};

/// The times of one row over all layers: the slowest layer is what users feel.
struct PlacementSummary {
    Seconds worst, mean;
};
/// Of the row of that index. Pre: at least one layer; all have this row, and a next window if it is asked for.
PlacementSummary summary_of(const PlacementReport& report, std::size_t row, bool of_next);

}  // namespace tokenyard
