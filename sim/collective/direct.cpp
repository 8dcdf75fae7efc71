// SPDX-License-Identifier: Apache-2.0
#include "collective/algorithms.hpp"
#include "collective/buffers.hpp"
#include "collective/steps.hpp"

namespace tokenyard {
namespace {

/// Everything at once, no cost but latency and sharing. One transfer for each pair and lane; a pair's bytes are striped evenly
/// over its lanes, in whole bytes. The diagonal stays on its GPU and is no step.
std::vector<StepId> append_direct(const Exchange& exchange, const Fabric& fabric, const Costs&, const std::vector<StepId>& ready,
                                  Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    const std::size_t pairs = exchange.volumes.used_pairs() + static_cast<std::size_t>(ranks);
    schedule.reserve(pairs, 3 * pairs);  // with one lane each: what a transfer waits for, and both ends that wait for it
    Ledger ledger(ranks);
    std::vector<StepId> added;
    for (int source = 0; source < ranks; ++source) {
        schedule.kept += exchange.volumes.at(source, source);
        for (int destination = 0; destination < ranks; ++destination) {
            const Bytes volume = exchange.volumes.at(source, destination);
            if (source == destination || volume.si == 0) continue;
            added.clear();
            add_striped(fabric, transfer(source, destination, volume), {&ready[static_cast<std::size_t>(source)], 1}, schedule,
                        added);
            ledger.note(schedule, added);
        }
    }
    return ledger.close(ready, schedule);
}

}  // namespace

const Algorithm direct_algorithm{
    .name = "direct",
    .summary =
        "every rank sends to every other at once, copies unmerged and without software costs: what others are held against",
    .is_reference = true,
    .buffers = needs_no_buffers,
    .append = append_direct,
};

}  // namespace tokenyard
