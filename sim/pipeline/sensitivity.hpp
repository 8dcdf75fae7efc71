// SPDX-License-Identifier: Apache-2.0
// What would change a prediction, found by simulating it anew with one thing changed at a time.
#pragma once

#include "pipeline/predict.hpp"

namespace tokenyard {

/// All changes (pipeline/variations.hpp), side by side on the machine's cores, and as it is for comparison; by the fluid engine,
/// exact where `engine` is. Ranked by the layer's gain where a layer is asked for and the change reaches it, else by the gain
/// of both phases. The result does not depend on the number of cores.
Sensitivity measure_sensitivity(const Case& one, const Fabric& fabric, const Traffic& traffic, const PredictOptions& options,
                                const EngineChoice& engine);

}  // namespace tokenyard
