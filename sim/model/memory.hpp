// SPDX-License-Identifier: Apache-2.0
// Whether a model and what exchanges its tokens have room in the memory of the GPUs.
#pragma once

#include "model/units.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// What communication buffers are made for: a batch as large as the workload's largest.
struct BatchShape {
    int ranks = 0, tokens_per_rank = 0;
    int experts = 0, experts_per_token = 0;
    int hidden = 0;    // elements a token
    Bytes dispatched;  // elements and scales of a token in dispatch
};

/// What a library's buffers take on each GPU, and how that was reckoned; no volume: it is not modelled, and `how` says why.
struct BufferUse {
    std::optional<Bytes> volume;
    std::string how;
};

/// What the fullest GPU has to hold against what it has. The fullest is the one of the largest part of its own memory.
struct MemoryUse {
    std::string unknown;  // why nothing can be said; empty: all that follows is valid
    int rank = 0;         // the fullest, the first of several alike
    int slots = 0;        // of experts that it holds in each MoE layer
    Bytes experts;        // weights of those in all MoE layers
    Bytes shared;         // weights of the experts that every rank has
    BufferUse buffers;
    std::optional<Bytes> other;            // as the workload declares it: attention, KV cache, activations
    Bytes total, capacity;                 // total: of what is known
    std::vector<std::string> not_counted;  // what `total` leaves out

    bool is_known() const { return unknown.empty(); }
    bool fits() const { return total <= capacity; }
};

}  // namespace tokenyard
