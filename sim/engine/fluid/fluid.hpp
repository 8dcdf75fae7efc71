// The fluid engine, and the replay that finds out what held back the steps of another engine's run.
#pragma once

#include "engine/simulate.hpp"

#include <vector>

namespace tokenyard {

/// Event by event. With `patience` 0 rates are shared out anew whenever a step starts to flow or ends: exact but for rounding.
/// Otherwise as engine/fluid/sharing.hpp says; Timeline::service_error tells what came of it.
Timeline run_fluid(const Fabric& fabric, const Schedule& schedule, Seconds patience, const Progress& progress);

/// The same with the ends of the steps given. Timeline::delivery_error then says how far the given ends are from
/// max-min sharing: 0 when each step carried just its volume.
Timeline replay(const Fabric& fabric, const Schedule& schedule, const std::vector<Seconds>& ends, const Progress& progress);

}  // namespace tokenyard
