#include "collective/direct.hpp"

#include <cassert>
#include <cmath>

namespace tokenyard {

Schedule plan_direct(const VolumeMatrix& volumes, const Fabric& fabric) {
    assert(volumes.rows() <= fabric.rank_count());
    Schedule schedule;
    for (int source = 0; source < volumes.rows(); ++source)
        for (int destination = 0; destination < volumes.columns(); ++destination) {
            if (source == destination || in_bytes(volumes.at(source, destination)) == 0) continue;
            double left = in_bytes(volumes.at(source, destination));
            for (int lanes = fabric.lane_count(source, destination), lane = 0; lane < lanes; ++lane) {
                const double part = std::floor(left / (lanes - lane));
                left -= part;
                if (part > 0) schedule.transfers.push_back({source, destination, lane, bytes(part)});
            }
        }
    return schedule;
}

}  // namespace tokenyard
