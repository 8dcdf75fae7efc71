// SPDX-License-Identifier: Apache-2.0
// Why a phase takes as long as it does, and what would change it: the answers behind a prediction.
#pragma once

#include "model/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

struct NamedTime {
    std::string name;
    Seconds time;
};

struct NumberedShare {
    int number = 0;  // of a rank or an expert
    double share = 0;
};

/// One step of the chain of waits that ends with the phase. It begins when the one before it ends.
struct ChainStep {
    std::string kind;  // transfer, copy (inside one GPU's memory), pause (launch, overhead, computation, being late)
    int source = 0, destination = 0;
    Bytes volume;
    Seconds begin, end;
    std::vector<NamedTime> held_by;  // longest first; they add up to end - begin
};

/// Copies on a link, sorted by what would have spared them; shares of its bytes, which add up to 1.
struct TokenKinds {
    double first = 0;        // the only copy of its token for this node (or NVLink domain)
    double same_domain = 0;  // further GPUs of a node that gets the token already: once to each node would spare them
    double same_gpu = 0;     // further experts on a GPU that gets the token already: once to each GPU would spare them
};

/// Whose bytes a link carries. Shares are of its bytes, largest first, and only the largest are listed.
struct LinkCause {
    std::string resource;
    double share = 0;  // of the phase, for which it held the transfers that finished last
    Bytes carried;
    std::vector<NumberedShare> senders, receivers;  // ranks at the ends of its transfers
    std::vector<NumberedShare> experts;             // that its tokens go to or come from; none for a matrix
    std::size_t sender_count = 0, receiver_count = 0, expert_count = 0;
    std::optional<TokenKinds> kinds;  // of copies that go straight from their rank to their expert's
};

/// One rung of the ladder from the bytes of S(i,k) to the prediction: what it adds.
struct Rung {
    std::string name;
    Seconds added;  // below 0: the algorithm saves more than it costs
};

struct Explanation {
    std::vector<ChainStep> chain;   // first step first; it begins at 0 and ends with the phase
    std::vector<LinkCause> causes;  // of the links that held the phase most, largest share first
    std::vector<Rung> ladder;       // adds up to the completion
};

/// Completions if something were different.
struct WhatIf {
    std::string what;              // "nic", "latency", "one NIC fewer a node"
    double times_faster = 1;       // of a class of resource; 1: something else was changed
    Seconds dispatch, combine;     // simulated anew
    std::optional<Seconds> layer;  // where a layer is asked for and the change reaches it
};

struct Sensitivity {
    struct NotTried {
        std::string what, reason;  // found X; expected Y
    };
    std::string engine;            // that simulated all of them, and how
    double accuracy = 0;           // of completions, as a part of them; 0: exact
    Seconds dispatch, combine;     // as it is, by the same engine
    std::optional<Seconds> layer;  // as it is
    std::vector<WhatIf> what_ifs;  // the shortest dispatch and combine first
    std::vector<NotTried> not_tried;
};

}  // namespace tokenyard
