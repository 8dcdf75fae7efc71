// SPDX-License-Identifier: Apache-2.0
// The answer: how long each phase takes, how far that is from the bound, and what holds it back.
#pragma once

#include "model/explanation.hpp"
#include "model/hardware.hpp"
#include "model/memory.hpp"
#include "model/parts.hpp"
#include "model/picture.hpp"
#include "model/standing.hpp"
#include "model/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tokenyard {

/// A time that these steps cannot beat in any order, and the resource that says so.
struct Bound {
    std::string resource, kind;  // kind: gpu, nic, node, switch, pcie, memory, sm, proxy; chain: steps behind each other
    Seconds time;
};

/// What the steps that finished last, and those they waited for, spent this part of the phase on: a resource that set their
/// rate, or a kind of delay.
struct Bottleneck {
    std::string resource, kind;  // kind: as Link's; or both latency, launch, message, handshake, compute, late rank, copy rate,
                                 // accuracy: what a run that need not be exact lacked of the bound
    double share = 0;            // of the completion; all of a phase's shares add up to 1
    double utilisation = 0;      // carried / (capacity x completion); 0 for delays
};

/// The same added up over the resources of one kind and direction.
struct BottleneckKind {
    std::string kind;  // "nic in", "nvlink out", "leaf up"
    double share = 0;
    int resources = 0;  // how many of them held something back
    std::string top;    // the one with the largest share
};

/// One line of the ledger.
struct LinkUse {
    std::string name, kind;
    Bandwidth capacity;
    Bytes carried;
    double utilisation = 0;
    Seconds saturated, first_saturated, last_saturated;
};

/// Bytes of the exchange by where they go; a byte that is relayed counts on every leg of its way.
struct VolumeByTier {
    Bytes local, scale_up, scale_out;
    Bytes relayed;  // of these, legs that do not end where the bytes are for
};

/// How a static hash spread flows over equal links; all 0 where nothing is hashed.
struct EcmpUse {
    std::size_t flows = 0, links = 0;           // that were hashed; that they could have been put on
    std::size_t colliding = 0;                  // beyond an even spread over their group
    std::size_t fullest = 0, fullest_even = 0;  // flows on the fullest link, and what an even spread would have put there
    std::string fullest_link;
};

/// What a rank does in a phase on its own: from when it may begin until it has sent and received all.
struct PhaseRank {
    Seconds begin, end;
    int from = -1;  // whose bytes came last; -1 when none came
};

struct Phase {
    std::string name;  // dispatch, combine
    Seconds completion, lower_bound;
    VolumeByTier volume;
    Bytes token_size;  // of one token each time that it is sent; 0 when S(i,k) was given in bytes
    Bandwidth algbw, busbw;
    double send_skew = 1, receive_skew = 1;       // max over mean of bytes, the diagonal included
    int last_source = -1, last_destination = -1;  // of the transfer that ended last; -1 when there is none
    std::size_t transfers = 0;
    std::vector<Bound> bounds;  // the worst of each kind, worst first
    std::vector<Bottleneck> bottlenecks;
    std::vector<BottleneckKind> bottleneck_kinds;
    std::vector<LinkUse> links;  // every link of the fabric, then the algorithm's own
    std::vector<PhaseRank> ranks;
    EcmpUse ecmp;
    double delivery_error = 0;         // of the engine against max-min sharing
    std::optional<Standing> standing;  // where the record is at hand
    std::optional<Explanation> why;    // when it is asked for
    std::optional<Picture> picture;    // when it is asked for
};

/// What one rank of a layer does and waits for. Times of all micro-batches of the layer together.
struct LayerRank {
    double copies_received = 0;  // by its experts
    int hottest_expert = -1;     // of its experts, the one with most copies; -1 when it has none
    std::uint32_t hottest_copies = 0;
    Seconds computing, experts;                 // all of its computation; of that, its experts
    Seconds dispatch, combine;                  // from being ready to having received all
    int dispatch_from = -1, combine_from = -1;  // whose bytes came last; -1 when none came
    Seconds end;                                // of its last step
};

/// A whole MoE layer: gate, pack, dispatch, experts, combine, and the sum of what came back.
struct Layer {
    std::string overlap;  // none, two-batch
    int micro_batches = 1;
    Seconds completion;     // of one layer among many alike
    Seconds computing;      // mean over ranks
    Seconds communicating;  // mean over ranks: dispatches and combines in progress
    Seconds exposed;        // mean over ranks: nothing is computed meanwhile
    Seconds hidden;         // communicating, less exposed
    Seconds waiting;        // mean over ranks: all done, while slower ranks are not
    Seconds between_layers;
    Seconds all_layers;                                  // completion and what lies between, for every MoE layer of the model
    double tokens_per_second = 0;                        // of all ranks, through all layers
    std::vector<std::pair<std::string, Seconds>> parts;  // of computation, mean over ranks: gate, pack, shared, ...
    std::vector<LayerRank> ranks;
    std::vector<Bottleneck> bottlenecks;
    std::vector<BottleneckKind> bottleneck_kinds;
};

/// How far tokens travel, averaged over the tokens.
struct TokenSpread {
    double tokens = 0;
    double copies = 0, ranks = 0, nodes = 0;  // a token: copies, distinct ranks, distinct nodes (its own included)
};

struct Prediction {
    std::string cluster_name, workload_name;
    CostOrigins costs;
    int ranks = 0, nodes = 0;
    Hardware hardware;
    MemoryUse memory;
    std::string algorithm, algorithm_reason;  // why this one; empty where it was asked for
    std::string sent_once_to;                 // what the algorithm sends a token to once: expert, rank, node
    std::string engine, engine_version, engine_settings, engine_reason;
    double engine_accuracy = 0;         // of completions, as a part of them; 0: exact
    std::string fabric;                 // one line that says what capacities and latencies were multiplied with or added
    std::string traffic;                // one line that says what was routed
    std::vector<std::string> warnings;  // as the case has them
    TokenSpread spread;                 // all 0 when S(i,k) was given as a matrix
    std::vector<Phase> phases;
    Seconds layer_completion;  // the phases one after another
    int moe_layers = 0;        // 0 when not known
    std::optional<Layer> layer;
    std::optional<Sensitivity> sensitivity;  // when it is asked for
};

/// The same question for several algorithms.
struct Comparison {
    struct Refused {
        std::string algorithm, reason;  // found X; expected Y
    };
    std::vector<Prediction> predictions;  // the shortest dispatch and combine first; at least one
    std::vector<Refused> refused;
};

}  // namespace tokenyard
