// Which resources held back the transfers that finished last.
#pragma once

#include "model/fabric.hpp"
#include "model/prediction.hpp"
#include "model/timeline.hpp"

#include <vector>

namespace tokenyard {

/// From the times that each link set the rate of each transfer, averaged over the transfers that ended last (within
/// one part in a million of the makespan). What is before their first byte flows is `latency`. Largest share first.
std::vector<Bottleneck> find_bottlenecks(const Fabric& fabric, const Timeline& timeline);

/// Bottlenecks of one kind and direction together, largest share first.
std::vector<BottleneckKind> by_kind(const std::vector<Bottleneck>& bottlenecks);

/// What each link of the fabric carried, in its order.
std::vector<LinkUse> link_ledger(const Fabric& fabric, const Timeline& timeline);

}  // namespace tokenyard
