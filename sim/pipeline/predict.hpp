// SPDX-License-Identifier: Apache-2.0
// The front door: a case becomes a prediction. The only place where the stages meet.
#pragma once

#include "collective/plan.hpp"
#include "engine/simulate.hpp"
#include "model/case.hpp"
#include "model/prediction.hpp"
#include "model/routing.hpp"
#include "workload/make_routing.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tokenyard {

/// How the whole layer is simulated, beside both phases.
enum class LayerOverlap { none, two_batch };

struct PredictOptions {
    const Algorithm* algorithm = &reference_algorithm();
    std::optional<EngineKind> engine;             // absent: chosen by estimated cost
    std::optional<Accuracy> accuracy;             // of the fluid engine; absent: exact where that takes little time
    Progress progress;                            // may be empty
    std::optional<LayerOverlap> layer;            // absent: the phases only
    bool explain = false;                         // why each phase takes as long, and its ladder from the bytes of S(i,k)
    bool sensitivity = false;                     // what would change it
    bool pictures = false;                        // what is drawn of each phase
    std::vector<const Algorithm*> compared = {};  // by compare_algorithms; empty: every one
    std::span<const JudgedRow> record = {};       // that phases are held against, for their standing; none: they have no standing
    std::string algorithm_reason = {};            // where nobody asked for it
};

/// What a case exchanges in both phases.
struct Traffic {
    Exchange dispatch, combine;
};

/// The links and routes of a cluster.
Fabric fabric_of(const Cluster& cluster);

/// Routes the tokens of a case, or takes its matrix. `fabric` is the one of its cluster, here and below.
Traffic make_traffic(const Case& one, const Fabric& fabric);

/// The popularity that the experts of a case are drawn by, one whole number an expert; none for a recorded routing or a matrix.
std::vector<std::uint32_t> popularity_of(const Case& one);

/// The traffic of a micro-batch of a case's tokens, whose experts are placed.
Traffic route(const Case& one, const Fabric& fabric, const Tokens& tokens, const ExpertMap& experts, BatchPart part = {});

/// Every token of a case with the router's scores, for whoever writes them down: a prediction needs them not.
/// Pre: its traffic is tokens.
Routing routing_of(const Case& one);

/// Why the algorithm cannot carry out this traffic, as "found X; expected Y"; empty when it can.
std::string refusal(const Algorithm& algorithm, const Traffic& traffic, const Fabric& fabric, const Costs& costs);

/// The schedule of one phase on the idle cluster. Pre: no refusal.
Schedule plan_phase(const Case& one, const Fabric& fabric, const Traffic& traffic, const Algorithm& algorithm,
                    Direction direction);

/// Dispatch and combine, each on the idle cluster, and the whole layer when it is asked for. Pre: no refusal, of the layer
/// neither (pipeline/layer.hpp).
Prediction predict(const Case& one, const Fabric& fabric, const Traffic& traffic, const PredictOptions& options);

/// The same with every algorithm that can carry it out, of all or of options.compared; options.algorithm does not matter. Pre:
/// one of them can.
Comparison compare_algorithms(const Case& one, const Fabric& fabric, const Traffic& traffic, const PredictOptions& options);

}  // namespace tokenyard
