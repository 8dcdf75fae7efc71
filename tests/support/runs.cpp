// SPDX-License-Identifier: Apache-2.0
#include "support/runs.hpp"

#include "cluster/build_fabric.hpp"

#include <algorithm>

namespace tokenyard {

double Run::makespan() const { return in_microseconds(timeline.makespan); }

double Run::end(int source, int destination) const {
    double latest = -1;
    for (StepId id = 0; id < schedule.steps().size(); ++id)
        if (schedule.steps()[id].kind == StepKind::transfer && schedule.steps()[id].source == source &&
            schedule.steps()[id].destination == destination)
            latest = std::max(latest, in_microseconds(timeline.end[id]));
    return latest;
}

Run run(const char* algorithm, const Exchange& exchange, const Costs& costs, const Cluster& cluster) {
    const Fabric fabric = build_fabric(cluster);
    const EngineKind engine = GENERATE(EngineKind::simgrid, EngineKind::fluid);
    const Schedule schedule = plan(*find_algorithm(algorithm), exchange, fabric, costs);
    return {schedule, simulate(fabric, {schedule}, engine, {}).front()};
}

VolumeMatrix uneven() {
    return volumes_from({{0, 2e6, 5e6, 1e6},  //
                         {4e6, 0, 1e6, 2e6},
                         {2e6, 1e6, 0, 6e6},
                         {1e6, 3e6, 2e6, 0}});
}

Approx exactly(double microseconds_expected) { return Approx(microseconds_expected).epsilon(1e-6); }

RankMatrix<std::uint32_t> counts(std::initializer_list<std::initializer_list<std::uint32_t>> rows) {
    RankMatrix<std::uint32_t> matrix(static_cast<int>(rows.size()), static_cast<int>(rows.begin()->size()));
    int row = 0;
    for (const auto& cells : rows) {
        int column = 0;
        for (const std::uint32_t cell : cells) matrix.at(row, column++) = cell;
        ++row;
    }
    return matrix;
}

Exchange tokens_by_hand(Direction direction, const RankMatrix<std::uint32_t>& per_rank,
                        const RankMatrix<std::uint32_t>& per_island) {
    const TokenMatrix counts{per_rank, per_rank, per_island, per_island};
    Exchange exchange{direction, VolumeMatrix(per_rank.rows(), per_rank.rows()),
                      ExchangedTokens{counts, {bytes(2000), {}, {}}, 2, 8}};
    for (int source = 0; source < per_rank.rows(); ++source)
        for (int destination = 0; destination < per_rank.rows(); ++destination) {
            const Bytes volume = bytes(2000) * per_rank.at(source, destination);
            (direction == Direction::dispatch ? exchange.volumes.at(source, destination)
                                              : exchange.volumes.at(destination, source)) = volume;
        }
    return exchange;
}

Exchange thousand_tokens(Direction direction) {
    return tokens_by_hand(direction, counts({{0, 0, 600, 700}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}),
                          counts({{0, 1000}, {0, 0}, {0, 0}, {0, 0}}));
}

}  // namespace tokenyard
