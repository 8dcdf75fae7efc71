// SPDX-License-Identifier: Apache-2.0
// What a phase has in common with others: what the record is searched by.
#pragma once

#include "collective/plan.hpp"
#include "model/case.hpp"
#include "model/prediction.hpp"
#include "model/standing.hpp"

namespace tokenyard {

/// Of a phase that `algorithm` carried out on the cluster of the case, whose links `fabric` has.
Setting setting_of(const Case& one, const Fabric& fabric, const Algorithm& algorithm, const Phase& phase);

}  // namespace tokenyard
