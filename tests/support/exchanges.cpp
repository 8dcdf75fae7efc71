// SPDX-License-Identifier: Apache-2.0
#include "support/exchanges.hpp"

#include "cluster/build_fabric.hpp"
#include "support/plans.hpp"

namespace tokenyard {

double completion_of(const Cluster& cluster, const VolumeMatrix& volumes, EngineKind engine) {
    const Fabric fabric = build_fabric(cluster);
    const Schedule schedule = plan_direct(volumes, fabric);
    return in_microseconds(simulate(fabric, {schedule}, engine, {}).front().makespan);
}

}  // namespace tokenyard
