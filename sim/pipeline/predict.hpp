// The front door: a case becomes a prediction. The only place where the stages meet.
#pragma once

#include "collective/plan.hpp"
#include "engine/simulate.hpp"
#include "model/case.hpp"
#include "model/prediction.hpp"
#include "model/routing.hpp"

#include <optional>

namespace tokenyard {

struct PredictOptions {
    const Algorithm* algorithm = &algorithms().front();
    std::optional<EngineKind> engine;  // absent: chosen by estimated cost
    Progress progress;                 // may be empty
};

/// What a case exchanges: S(i,k) in bytes for both phases, and the tokens behind it where there are any.
struct Traffic {
    VolumeMatrix dispatch, combine;
    std::optional<Routing> routing;
    std::optional<TokenMatrix> tokens;
};

/// Routes the tokens of a case, or takes its matrix.
Traffic make_traffic(const Case& one);

/// The links and routes of a cluster.
Fabric fabric_of(const Cluster& cluster);

/// Dispatch and combine, each on the idle fabric.
Prediction predict(const Case& one, const Traffic& traffic, const PredictOptions& options);

}  // namespace tokenyard
