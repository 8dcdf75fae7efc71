// SPDX-License-Identifier: Apache-2.0
// Building blocks of schedules that several algorithms share.
#pragma once

#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <initializer_list>
#include <span>
#include <vector>

namespace tokenyard {

/// A transfer whose links carry just what it delivers and relays.
Step transfer(int source, int destination, Bytes delivered, Bytes relayed = {});

/// Time of one rank.
StepId add_pause(int rank, Seconds delay, Delay delay_is, std::span<const StepId> waits_for, Schedule& schedule);
StepId add_pause(int rank, Seconds delay, Delay delay_is, std::initializer_list<StepId> waits_for, Schedule& schedule);

/// A pause of every rank behind its step in `after`, such as a launch; `after` itself when there is nothing to wait.
std::vector<StepId> add_pauses(Seconds delay, Delay delay_is, const std::vector<StepId>& after, Schedule& schedule);

/// A step without duration for all ranks that ends when the last of `ready` has, as a barrier does, for every rank.
std::vector<StepId> add_barrier(const std::vector<StepId>& ready, Schedule& schedule);

/// Bytes copied inside a GPU's memory: each crosses it `times` times (2: read and written once).
StepId add_copy(int rank, Bytes volume, int times, std::span<const StepId> waits_for, Schedule& schedule);

/// A whole number of bytes, the `part`-th of `parts` shares that are as even as can be and add up to `whole`.
Bytes even_share(Bytes whole, int part, int parts);

/// The transfer in as many even parts as its pair of ranks has lanes; appends the ids to `added`. Where switches hash flows
/// statically, each lane's part is cut once more, into its `queue_pairs`, which are flows of their own.
/// Pre: step.via is empty, and the volume is what is delivered and relayed.
void add_striped(const Fabric& fabric, const Step& step, std::span<const StepId> waits_for, Schedule& schedule,
                 std::vector<StepId>& added, int queue_pairs = 1);

/// What each rank takes part in.
class Ledger {
public:
    explicit Ledger(int ranks) : of_rank_(static_cast<std::size_t>(ranks)) {}

    /// Notes the step for both of its ends.
    void note(const Schedule& schedule, StepId step);
    void note(const Schedule& schedule, std::span<const StepId> steps) {
        for (const StepId step : steps) note(schedule, step);
    }
    /// Notes the step for one rank.
    void note_at(int rank, StepId step) { of_rank_[static_cast<std::size_t>(rank)].push_back(step); }
    /// For each rank a step that ends when all of its steps have, and its step in `ready`.
    std::vector<StepId> close(const std::vector<StepId>& ready, Schedule& schedule) const;

private:
    std::vector<std::vector<StepId>> of_rank_;
};

}  // namespace tokenyard
