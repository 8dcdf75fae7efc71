// SPDX-License-Identifier: Apache-2.0
#include "collective/steps.hpp"

#include <cassert>
#include <cmath>

namespace tokenyard {

Step transfer(int source, int destination, Bytes delivered, Bytes relayed) {
    Step step;
    step.source = source;
    step.destination = destination;
    step.delivered = delivered;
    step.relayed = relayed;
    step.volume = delivered + relayed;
    return step;
}

StepId add_pause(int rank, Seconds delay, Delay delay_is, std::span<const StepId> waits_for, Schedule& schedule) {
    Step step;
    step.kind = StepKind::pause;
    step.source = step.destination = rank;
    step.delay = delay;
    step.delay_is = delay_is;
    return schedule.add(step, waits_for);
}

StepId add_pause(int rank, Seconds delay, Delay delay_is, std::initializer_list<StepId> waits_for, Schedule& schedule) {
    return add_pause(rank, delay, delay_is, std::span(waits_for.begin(), waits_for.size()), schedule);
}

std::vector<StepId> add_pauses(Seconds delay, Delay delay_is, const std::vector<StepId>& after, Schedule& schedule) {
    if (delay.si == 0) return after;
    std::vector<StepId> pauses;
    for (const StepId before : after)
        pauses.push_back(add_pause(static_cast<int>(pauses.size()), delay, delay_is, {before}, schedule));
    return pauses;
}

std::vector<StepId> add_barrier(const std::vector<StepId>& ready, Schedule& schedule) {
    return std::vector<StepId>(ready.size(), add_pause(0, {}, Delay::none, ready, schedule));
}

StepId add_copy(int rank, Bytes volume, int times, std::span<const StepId> waits_for, Schedule& schedule) {
    if (volume.si == 0) return add_pause(rank, {}, Delay::none, waits_for, schedule);
    Step step;
    step.kind = StepKind::local;
    step.source = step.destination = rank;
    step.volume = volume * times;
    return schedule.add(step, waits_for);
}

Bytes even_share(Bytes whole, int part, int parts) {
    assert(part >= 0 && part < parts);
    const auto up_to = [&](int count) { return std::floor(in_bytes(whole) * count / parts); };
    return bytes(up_to(part + 1) - up_to(part));
}

void add_striped(const Fabric& fabric, const Step& step, std::span<const StepId> waits_for, Schedule& schedule,
                 std::vector<StepId>& added, int queue_pairs) {
    const bool is_hashed = !fabric.ecmp_groups.empty() && fabric.tier(step.source, step.destination) == Tier::scale_out;
    const int lanes = fabric.lane_count(step.source, step.destination), flows = is_hashed ? queue_pairs : 1;
    if (lanes * flows == 1) {  // most pairs: whole bytes in one part
        if (step.volume.si > 0) added.push_back(schedule.add(step, waits_for));
        return;
    }
    for (int i = 0; i < lanes * flows; ++i) {
        Step part = step;
        part.lane = i / flows;
        part.flow = static_cast<std::uint32_t>(i % flows);
        part.delivered = even_share(step.delivered, i, lanes * flows);
        part.relayed = even_share(step.relayed, i, lanes * flows);
        part.volume = part.delivered + part.relayed;  // rounded apart, they need not add up to a share of their sum
        if (part.volume.si > 0) added.push_back(schedule.add(part, waits_for));
    }
}

void Ledger::note(const Schedule& schedule, StepId step) {
    const Step& noted = schedule.steps()[step];
    note_at(noted.source, step);
    if (noted.destination != noted.source) note_at(noted.destination, step);
}

std::vector<StepId> Ledger::close(const std::vector<StepId>& ready, Schedule& schedule) const {
    std::vector<StepId> done;
    for (std::size_t rank = 0; rank < of_rank_.size(); ++rank) {
        std::vector<StepId> waits = of_rank_[rank];
        waits.push_back(ready[rank]);
        done.push_back(add_pause(static_cast<int>(rank), {}, Delay::none, waits, schedule));
    }
    return done;
}

}  // namespace tokenyard
