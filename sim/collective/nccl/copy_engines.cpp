// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/copy_engines.hpp"

#include "collective/steps.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tokenyard {
namespace {

constexpr int most_at_once = 8, read_and_written = 2;
constexpr double large = 512.0 * 1024 * 1024;

/// One turn of all ranks: to which peers, by how far they are behind in the list, and which part of what they are sent.
struct Turn {
    std::size_t first_distance, end_distance;
    int part, parts;
};

/// Notes for every place in `ranks` what it copies, and in `received` what it is sent.
void append_turn(const Turn& turn, std::span<const int> ranks, const VolumeMatrix& volumes, const std::vector<StepId>& begun,
                 std::vector<std::vector<StepId>>& copied, std::vector<std::vector<StepId>>& received, Schedule& schedule) {
    for (std::size_t distance = turn.first_distance; distance < turn.end_distance; ++distance)
        for (std::size_t at = 0; at < ranks.size(); ++at) {
            const std::size_t to = (at + distance) % ranks.size();
            const int rank = ranks[at], peer = ranks[to];
            const Bytes volume = even_share(volumes.at(rank, peer), turn.part, turn.parts);
            const StepId waits[]{begun[at]};
            if (peer == rank) schedule.kept += volume;
            if (volume.si == 0) continue;
            Step step = transfer(rank, peer, volume);
            step.source_memory = step.destination_memory = 1;
            const StepId copy =
                peer == rank ? add_copy(rank, volume, read_and_written, waits, schedule) : schedule.add(step, waits);
            copied[at].push_back(copy);
            if (to != at) received[to].push_back(copy);
        }
}

/// For each place a step that ends when its own copies have, and behind `before`.
std::vector<StepId> close(std::span<const int> ranks, const std::vector<std::vector<StepId>>& copied,
                          const std::vector<StepId>& before, Schedule& schedule) {
    std::vector<StepId> done;
    for (std::size_t at = 0; at < ranks.size(); ++at) {
        std::vector<StepId> waits = copied[at];
        waits.push_back(before[at]);
        done.push_back(add_pause(ranks[at], {}, Delay::none, waits, schedule));
    }
    return done;
}

}  // namespace

bool is_equal(const VolumeMatrix& volumes) {
    for (int source = 0; source < volumes.rows(); ++source)
        for (int destination = 0; destination < volumes.columns(); ++destination)
            if (volumes.at(source, destination) != volumes.at(0, 0)) return false;
    return volumes.at(0, 0).si > 0;
}

StepId append_memory_operation(int rank, const NcclCosts& costs, std::span<const StepId> waits_for, Schedule& schedule) {
    return add_pause(rank, costs.memory_operation, Delay::message, waits_for, schedule);
}

std::vector<StepId> append_memory_barrier(std::span<const int> ranks, const NcclCosts& costs, const std::vector<StepId>& before,
                                          Schedule& schedule) {
    std::vector<StepId> told, seen;
    for (std::size_t at = 0; at < ranks.size(); ++at)
        told.push_back(append_memory_operation(ranks[at], costs, {&before[at], 1}, schedule));
    const StepId all[]{add_pause(ranks[0], {}, Delay::none, told, schedule)};
    for (const int rank : ranks) seen.push_back(append_memory_operation(rank, costs, all, schedule));
    return seen;
}

std::vector<StepId> append_copies(std::span<const int> ranks, const VolumeMatrix& volumes, const NcclCosts& costs,
                                  std::vector<StepId> begun, Schedule& schedule) {
    const std::size_t count = ranks.size();
    const double largest = in_bytes(volumes.at(ranks[0], ranks[count - 1]));
    const bool is_large = count > most_at_once && largest * static_cast<double>(count) >= large;
    const bool is_cut = is_large && costs.version >= nccl_2_29, goes_in_turns = is_large && !is_cut;
    const int parts = is_cut ? static_cast<int>(std::ceil(largest / std::floor(large / static_cast<double>(count)))) : 1;
    std::vector<std::vector<StepId>> received(count);
    const std::size_t step = goes_in_turns ? most_at_once : count;
    for (std::size_t first = 0; first < count; first += step)
        for (int part = 0; part < parts; ++part) {
            std::vector<std::vector<StepId>> copied(count);
            append_turn({first, std::min(first + step, count), part, parts}, ranks, volumes, begun, copied, received, schedule);
            begun = close(ranks, copied, begun, schedule);
            if (goes_in_turns && first + step < count) begun = append_memory_barrier(ranks, costs, begun, schedule);
        }
    return close(ranks, received, begun, schedule);
}

std::vector<StepId> append_copy_engines(const VolumeMatrix& volumes, const NcclCosts& costs, const std::vector<StepId>& ready,
                                        Schedule& schedule) {
    std::vector<int> ranks(ready.size());
    std::iota(ranks.begin(), ranks.end(), 0);
    const std::vector<StepId> launched = add_pauses(costs.launch, Delay::launch, ready, schedule);
    const std::vector<StepId> begun = append_memory_barrier(ranks, costs, launched, schedule);
    return append_memory_barrier(ranks, costs, append_copies(ranks, volumes, costs, begun, schedule), schedule);
}

}  // namespace tokenyard
