#include "collective/algorithms.hpp"
#include "collective/steps.hpp"

namespace tokenyard {

std::vector<StepId> append_direct(const Exchange& exchange, const Fabric& fabric, const Costs&, const std::vector<StepId>& ready,
                                  Schedule& schedule) {
    const int ranks = exchange.volumes.rows();
    Ledger ledger(ranks);
    for (int source = 0; source < ranks; ++source) {
        schedule.kept += exchange.volumes.at(source, source);
        for (int destination = 0; destination < ranks; ++destination) {
            const Bytes volume = exchange.volumes.at(source, destination);
            if (source == destination || volume.si == 0) continue;
            std::vector<StepId> added;
            add_striped(fabric, transfer(source, destination, volume), {&ready[static_cast<std::size_t>(source)], 1}, schedule,
                        added);
            ledger.note(schedule, added);
        }
    }
    return ledger.close(ready, schedule);
}

}  // namespace tokenyard
