// SPDX-License-Identifier: Apache-2.0
// Traffic as it would be with perfect balance, or with the copies of a token for one GPU merged.
#pragma once

#include "pipeline/predict.hpp"

namespace tokenyard {

/// Each rank's copies spread evenly over all ranks; as many copies, distinct ranks and distinct islands a token as before.
/// Of a matrix, what each rank has for others, evenly; the diagonal stays.
Traffic evenly_spread(const Traffic& traffic, const Fabric& fabric);

/// A token once to each rank, at the size of a copy. Pre: there are tokens.
Traffic merged_by_rank(const Traffic& traffic);

}  // namespace tokenyard
