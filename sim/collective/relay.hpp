// SPDX-License-Identifier: Apache-2.0
// How tokens cross from one NVLink domain to another once each, through the GPU with the sender's index, whichever library's
// kernels do it.
#pragma once

#include "collective/relay_groups.hpp"
#include "model/exchange.hpp"
#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <cstdint>
#include <vector>

namespace tokenyard {

/// For each rank what its copying threads can move, or no_link.
using Threads = std::vector<LinkId>;

/// What sets one library's kernels apart from another's.
struct RelayKernel {
    Bytes token_size;
    int channels = 1;              // that tokens are dealt to, each with a queue pair of its own
    double chunk_tokens = 1;       // of a channel that go on together: a gateway may begin with the first chunk of every channel
    Seconds message_delay;         // before the first message of a home's tokens leaves for another island
    Seconds sums_delay;            // and before the first sums do on the way back
    double nvlink_efficiency = 1;  // of an NVLink's capacity, what the threads fill
    int touches_at_receiver = 1;   // times that a byte crosses the receiver's memory
    int touches_of_own = 2;        // and the memory of a rank that keeps it
    bool pulls = false;            // whether a gateway's threads fetch in combine what its island has, and not their owners
    Threads send;     // of a home in dispatch, to its gateways; in combine, inside the island, for a home of another one
    Threads forward;  // of a gateway: to the ranks of its island in dispatch, back to the home in combine
    Threads own;      // inside the home's own island, which needs no gateway
};

/// Appends the steps between `begun` and what it gives, both a step for each rank. Tokens of a home go to (or come from) an
/// island through its gateway there, whole where a chunk on each channel is about all there is, else in pieces. A gateway
/// sends a piece on when all of it has arrived, so that at no moment it has sent more than it has. With more islands than
/// `most_groups` it serves homes in groups of that number.
/// Pre: the exchange has tokens; `kernel` has threads for each rank; begun is before all of them.
std::vector<StepId> append_relay(const Exchange& exchange, const Fabric& fabric, const RelayKernel& kernel,
                                 const std::vector<StepId>& begun, int most_groups, Schedule& schedule);

/// Where a stream of so many tokens is cut, as parts of it that have gone by then, the last one 1. The first and the last piece
/// are a chunk on each channel; between them fewer and larger ones where there are more islands, as pieces of all pairs cost
/// time. How far that is from cutting at each chunk: tests/collective/relay_test.cpp.
std::vector<double> cuts_of(double tokens, double tokens_of_chunks, std::size_t islands);

}  // namespace tokenyard
