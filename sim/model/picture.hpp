// SPDX-License-Identifier: Apache-2.0
// What happened in a phase, in pieces few enough to draw: who carried how much when, and who sent what to whom.
#pragma once

#include "model/units.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard {

/// What a link or a rank, or several of them together, carried in each bin of time.
struct PictureRow {
    std::string name, kind;            // kind: "nic in", "nvlink out", "memory"; "sent" and "received" of ranks
    std::size_t merged = 1;            // so many of them
    Bandwidth capacity;                // of all of them together; 0 for ranks
    std::vector<std::uint64_t> bytes;  // by bin, rounded so that their sum is right
};

/// Steps that are drawn as one bar.
struct Slice {
    std::string kind;                 // transfer, copy, pause; what a pause is: launch, compute, ...
    int source = 0, source_last = 0;  // ranks from the first to the last of these
    int destination = 0, destination_last = 0;
    std::size_t steps = 1;
    Bytes volume;
    Seconds begin, end;   // from being free to go (its delay and latency included) to the last end
    std::string held_by;  // of one step: what held it longest; empty of several
};

/// How much was merged so that the number of slices is bounded.
enum class Merged { nothing, by_node, by_rank, by_both_nodes };

struct Picture {
    Seconds bin;  // all rows start at 0
    std::size_t bins = 0;
    std::vector<PictureRow> links;           // the fullest, then all others of a kind and direction as one
    std::vector<PictureRow> sent, received;  // by rank, or by as many neighbours as needed
    Merged merged = Merged::nothing;
    std::vector<Slice> slices;  // by source, then begin, the longer ones first
};

}  // namespace tokenyard
