// SPDX-License-Identifier: Apache-2.0
// The door to computation: how long each part of an MoE layer takes on one GPU, from a roofline.
#pragma once

#include "model/cluster.hpp"
#include "model/costs.hpp"
#include "model/exchange.hpp"
#include "model/workload.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard {

/// What one rank has to do with in a layer.
struct RankTokens {
    double tokens = 0;                                         // that it routes
    double copies_sent = 0, ranks_sent = 0, islands_sent = 0;  // of them: to experts, distinct ranks, distinct islands
    double copies_received = 0, unique_received = 0;           // for its experts; each token once
    std::vector<std::uint32_t> of_expert;                      // copies for each of its experts
};

/// Parts of a layer on one rank, in their order. Dispatch lies before `unpack`, combine before `finish`.
struct ComputeTimes {
    Seconds gate;     // scores, and the best k of them
    Seconds pack;     // tokens into the order in which they are sent
    Seconds shared;   // experts that need no exchange
    Seconds unpack;   // what has arrived, in the order of experts
    Seconds experts;  // one after another, each with its own tokens
    Seconds repack;   // results into the order in which they are sent back, summed where the algorithm does so
    Seconds finish;   // the weighted sum of what came back

    Seconds before() const { return gate + pack; }
    Seconds behind() const { return unpack + experts + repack; }
    Seconds sum() const { return before() + shared + behind() + finish; }
};

/// The model, both messages, and how the algorithm wants its tokens.
struct LayerShape {
    Model model;  // with expert
    Message dispatch, combine;
    Granularity granularity = Granularity::expert;
    Packing packing = Packing::apart;
};

/// Each kernel takes launch + max(bytes / (memory bandwidth x efficiency), FLOPs / (rate x efficiency x sm_share)).
/// Roofline: S. Williams, A. Waterman, D. Patterson, CACM 52(4), 2009. An expert's tokens fill whole tiles; its weights are
/// read once. Pre: no refusal_of_compute.
ComputeTimes compute_times(const LayerShape& shape, const RankTokens& tokens, const GpuModel& gpu, const ComputeCosts& costs,
                           double sm_share);

/// Why a GPU cannot be timed on this model, as "found X; expected Y"; empty when it can.
std::string refusal_of_compute(const Model& model, const GpuModel& gpu);

}  // namespace tokenyard
