// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/copy_engines.hpp"

#include "collective/steps.hpp"

#include <algorithm>

namespace tokenyard {

bool is_equal(const VolumeMatrix& volumes) {
    for (int source = 0; source < volumes.rows(); ++source)
        for (int destination = 0; destination < volumes.columns(); ++destination)
            if (volumes.at(source, destination) != volumes.at(0, 0)) return false;
    return volumes.at(0, 0).si > 0;
}

std::vector<StepId> append_copy_engines(const VolumeMatrix& volumes, const NcclCosts& costs, const std::vector<StepId>& ready,
                                        Schedule& schedule) {
    constexpr int most_at_once = 8, read_and_written = 2;
    constexpr double large = 512.0 * 1024 * 1024;
    const int ranks = volumes.rows();
    const bool goes_in_turns = ranks > most_at_once && in_bytes(volumes.at(0, 0)) * ranks >= large;
    std::vector<StepId> begun = add_barrier(add_pauses(costs.launch, Delay::launch, ready, schedule), schedule);
    for (int first = 0; first < ranks; first += goes_in_turns ? most_at_once : ranks) {
        Ledger ledger(ranks);
        for (int distance = first; distance < std::min(goes_in_turns ? first + most_at_once : ranks, ranks); ++distance)
            for (int rank = 0; rank < ranks; ++rank) {
                const int peer = (rank + distance) % ranks;
                const StepId waits[]{begun[static_cast<std::size_t>(rank)]};
                if (peer == rank) schedule.kept += volumes.at(rank, rank);
                Step step = transfer(rank, peer, volumes.at(rank, peer));
                step.source_memory = step.destination_memory = 1;
                ledger.note(schedule, peer == rank ? add_copy(rank, volumes.at(rank, rank), read_and_written, waits, schedule)
                                                   : schedule.add(step, waits));
            }
        begun = add_barrier(ledger.close(begun, schedule), schedule);
    }
    return begun;
}

}  // namespace tokenyard
