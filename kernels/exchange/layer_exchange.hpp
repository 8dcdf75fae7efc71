// SPDX-License-Identifier: Apache-2.0
// The exchange of an MoE layer from the router's choice to the combined tokens: checked, and timed phase by phase.
#pragma once

#include "exchange/matrix_exchange.hpp"
#include "exchange/workload.hpp"

#include <string>
#include <vector>

namespace tokenyard::gpu {

struct LayerPhase {
    std::string name;
    RankTimes times;
    ByteMatrix matrix;                             // of the phases that exchange tokens; else empty
    std::vector<std::vector<double>> arrivals_us;  // as MatrixResult's
};

struct LayerResult {
    std::vector<std::vector<std::size_t>> copies;  // S(i,k), counted on the devices
    std::vector<LayerPhase> phases;                // in the order in which they run
    int turns_per_sample = 1;                      // a sample is their mean
    bool is_held_back = false;                     // as MatrixResult's
    std::string stopped_by;                        // as MatrixResult's, by the sum of all phases
    std::size_t wrong_elements = 0;                // of the combined tokens of all ranks
    std::size_t wrong_counts = 0;  // S(i,k) against what arrived, and against the simulator's where the workload has it
};

/// route, layout, counts (every rank learns what it will get), permute, dispatch, arrivals, unpermute, experts, restore, return,
/// combine. Experts multiply by `expert_scale`, so combined[t] = token x expert_scale x sum of its weights, up to the formats'
/// rounding. Phases are timed apart by events on one stream; dispatch and return begin together on all ranks. A sample is the
/// mean of 10 layers over an asynchronous transport, each behind a gate that opens when the host has handed over all of it; of
/// one layer otherwise. Every rank calls it and gets the same. Throws std::invalid_argument where the transport cannot carry the
/// sizes out.
LayerResult measure_layer(Session& session, const LayerWorkload& workload, float expert_scale, const MeasureOptions& options);

}  // namespace tokenyard::gpu
