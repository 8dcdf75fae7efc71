// SPDX-License-Identifier: Apache-2.0
// A whole MoE layer as one schedule: computation of each rank and both exchanges, one micro-batch or two against each other.
#pragma once

#include "pipeline/predict.hpp"

namespace tokenyard {

/// Why the layer cannot be timed, as "found X; expected Y"; empty when it can.
std::string refusal_of_layer(const Case& one, const Fabric& fabric, const Algorithm& algorithm, LayerOverlap overlap);

/// Simulates the layer. With one micro-batch a rank computes, exchanges, computes, exchanges. With two, one of them computes
/// while the other is under way, and three layers are simulated: the one in the middle, at whose ends others overlap, counts.
/// Pre: the case has tokens, no refusals.
Layer predict_layer(const Case& one, const Fabric& fabric, const Traffic& traffic, const PredictOptions& options);

}  // namespace tokenyard
