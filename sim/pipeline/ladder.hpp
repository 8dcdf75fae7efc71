// SPDX-License-Identifier: Apache-2.0
// The ladder from the bytes of S(i,k) by way of `direct` to the prediction: what each thing on the way adds.
#pragma once

#include "pipeline/predict.hpp"

#include <vector>

namespace tokenyard {

/// The rungs of a phase that took `completion`, lowest first; they add up to it.
///   bytes      the worst cut of the fabric: the bytes of S(i,k) that must cross it over what it carries; no latency
///   late ranks the same bound with ranks that begin late, less `bytes`; only where there are any
///   latency    the same bound with the latency of every way, less the rungs below
///   sharing    `direct` simulated, less the rungs below: max-min sharing is not the best order of transfers
///   algorithm  the algorithm simulated without software costs, less the rungs below: bytes that it adds, relays or spares,
///              what waits for what, copies through memory
///   overheads  the completion, less the rungs below: launches, protocol, overheads of messages and chunks, copying threads
/// Simulated by the engine that predicted. The last two are 0 for `direct`, which costs no more simulations.
std::vector<Rung> climb(const Exchange& exchange, const Fabric& fabric, const Costs& costs, const Algorithm& algorithm,
                        const EngineChoice& engine, Seconds completion);

}  // namespace tokenyard
