// SPDX-License-Identifier: Apache-2.0
// The door to the algorithms: an exchange becomes steps. How to add one: collective/algorithms.hpp.
#pragma once

#include "model/costs.hpp"
#include "model/exchange.hpp"
#include "model/fabric.hpp"
#include "model/memory.hpp"
#include "model/nccl_summary.hpp"
#include "model/schedule.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct Algorithm;

/// An algorithm that another one takes, and why: "mpi-linear, as Open MPI takes for 4 to 63 ranks".
struct Taken {
    const Algorithm* algorithm = nullptr;  // none: it is one of its own
    std::string reason;
};

// What most rows say of themselves.
Bytes size_of_copy(const Exchange& exchange, const Fabric& fabric, const Costs& costs);         // with all of its message
int no_sms(const Costs& costs, const Fabric& fabric);                                           // copy engines and NICs alone
Seconds never_waits(const Exchange& exchange, const Fabric& fabric, const Costs& costs);        // nor is there a host to wait
Taken takes_none(int ranks);                                                                    // it is none of the others
std::string never_refuses(const Exchange& exchange, const Fabric& fabric, const Costs& costs);  // any exchange
BufferUse buffers_not_modelled(const BatchShape& batch, const Fabric& fabric, const Costs& costs);

/// One way to carry out an all-to-all: a row of the table of algorithms.
struct Algorithm {
    std::string_view name, summary;
    /// Without software costs, and no library's: what others are held against (the breakdown's steps, what-ifs).
    bool is_reference = false;
    Granularity granularity = Granularity::expert;
    Packing packing = Packing::apart;
    /// The group of the costs that it reads (model/cost_table.hpp); empty: none.
    std::string_view costs = "";
    /// What one token weighs each time that it is sent. Pre: the exchange has tokens.
    Bytes (*token_size)(const Exchange& exchange, const Fabric& fabric, const Costs& costs) = size_of_copy;
    /// SMs of each GPU that it keeps while it runs.
    int (*sms)(const Costs& costs, const Fabric& fabric) = no_sms;
    /// What its library keeps in the memory of each GPU to exchange such batches.
    BufferUse (*buffers)(const BatchShape& batch, const Fabric& fabric, const Costs& costs) = buffers_not_modelled;
    /// What the host waits for in dispatch before it goes on beside the kernels, more than where all ranks are in one NVLink
    /// domain.
    Seconds (*host_waits)(const Exchange& exchange, const Fabric& fabric, const Costs& costs) = never_waits;
    /// Which of the others it is on so many ranks, and why.
    Taken (*takes)(int ranks) = takes_none;
    /// Why it cannot carry out this exchange, as "found X; expected Y"; empty when it can.
    std::string (*refusal)(const Exchange& exchange, const Fabric& fabric, const Costs& costs) = never_refuses;
    /// Appends its steps to a schedule. Each rank begins when its step in `ready` has ended. Gives for each rank a step
    /// that ends when the rank has received all and its own part is done. Pre: no refusal, a step for each rank, costs in effect.
    std::vector<StepId> (*append)(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                  const std::vector<StepId>& ready, Schedule& schedule) = nullptr;
};

/// All of them, in the order in which they are listed.
std::span<const Algorithm> algorithms();

/// The one that is a reference, not a library's.
const Algorithm& reference_algorithm();

/// The one of that name, or nullptr.
const Algorithm* find_algorithm(std::string_view name);

/// What it sends a token once to among the fabric's first `ranks`: where one NVLink domain joins them, to each rank instead of
/// to each domain.
Granularity granularity_of(const Algorithm& algorithm, const Fabric& fabric, int ranks);

/// A step for each rank that ends when the rank begins: at 0, or late where the fabric says so.
std::vector<StepId> add_beginnings(const Fabric& fabric, int ranks, Schedule& schedule);

/// How NCCL schedules rank 0's part of an all-to-all of equal sizes, `volume` a peer, on the fabric's first `ranks` ranks.
NcclScheduleSummary summarise_nccl(const Fabric& fabric, int ranks, Bytes volume, const Costs& costs);

/// What the algorithm's row appends, with costs that are in effect where they were not given (model/costs.hpp).
std::vector<StepId> append(const Algorithm& algorithm, const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                           const std::vector<StepId>& ready, Schedule& schedule);

/// One phase on the idle cluster. Pre: no refusal.
Schedule plan(const Algorithm& algorithm, const Exchange& exchange, const Fabric& fabric, const Costs& costs);

/// Bytes by the rank that sends them on their last leg and the rank that they are for; what never moves and what is
/// relayed is not in it.
VolumeMatrix delivered(const Schedule& schedule, int ranks);

}  // namespace tokenyard
