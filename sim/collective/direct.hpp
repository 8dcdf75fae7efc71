// The ideal exchange: everything at once, no cost but latency and sharing.
#pragma once

#include "model/fabric.hpp"
#include "model/routing.hpp"
#include "model/schedule.hpp"

namespace tokenyard {

/// One transfer for each pair and lane; a pair's bytes are striped evenly over its lanes, in whole bytes. The diagonal
/// stays on its GPU and is no transfer. Pre: volumes are whole bytes, volumes.rows() <= fabric.rank_count().
Schedule plan_direct(const VolumeMatrix& volumes, const Fabric& fabric);

}  // namespace tokenyard
