// SPDX-License-Identifier: Apache-2.0
// Placements of experts for a case: what there is, what EPLB would do, and what a search against the simulated network finds.
#pragma once

#include "model/placement.hpp"
#include "pipeline/predict.hpp"

#include <optional>
#include <string>

namespace tokenyard {

/// A part of each rank's tokens, from `begin` to `end` as parts of all of them. 0 <= begin < end <= 1.
struct WindowPart {
    double begin = 0, end = 1;
    bool operator==(const WindowPart&) const = default;
};

/// The tokens that a placement is planned on, and those that came next, on which it is judged.
struct PlacementWindows {
    Routing planned;
    std::optional<Routing> next;
    std::string planned_is, next_is;  // for the report
};

/// Of a recorded routing: the parts asked for; without, its first half and its second half; when only what to plan on is asked
/// for, what is behind it, if there is anything. Of a drawn one: all of its tokens, and as many anew from the same popularity,
/// with the seed that follows. Pre: the case has tokens; parts only of a recorded routing.
PlacementWindows windows_of(const Case& one, std::optional<WindowPart> planned, std::optional<WindowPart> next);

struct PlaceOptions {
    const Algorithm* algorithm = &reference_algorithm();
    PlacementAim aim = PlacementAim::both;
    std::optional<Accuracy> accuracy;  // of the fluid engine, which simulates all of it
    int slots = 0;                     // in all; a multiple of the ranks, at least the experts
    int simulations = 50;              // of the search, for each layer
    std::uint64_t seed = 1;            // of the search
    Progress progress;                 // may be empty
};

/// Slots that a case's own placement has: experts and their copies. Pre: the case has tokens.
int slot_count(const TokenWorkload& workload);

/// Why placements of this case cannot be judged, as "found X; expected Y"; empty when they can. Pre: the case has tokens.
std::string refusal_of_placing(const Case& one, const Fabric& fabric, const PlacementWindows& windows,
                               const PlaceOptions& options);

/// Rows `given` (the case's own placement, or `given`), `eplb`, `eplb in nodes` where its groups allow, and `searched`, which is
/// never slower than EPLB's on the planned window, nor than the given one where it has as many slots. Each time is a simulation
/// by the fluid engine, as predict makes it. Pre: no refusal.
LayerPlacement place_layer(const Case& one, const Fabric& fabric, const PlacementWindows& windows, const PlaceOptions& options,
                           const std::optional<ExpertSlots>& given);

}  // namespace tokenyard
