// SPDX-License-Identifier: Apache-2.0
// What sensitivity tries: one thing of a question changed at a time.
#pragma once

#include "pipeline/predict.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tokenyard {

/// All that decides a prediction.
struct Question {
    Case one;
    Fabric fabric;
    Traffic traffic;
};

struct Variation {
    std::string what;
    double times_faster = 1;    // of a class of resource; 1: something else
    bool reaches_layer = true;  // and not only both phases
    /// Changes the question. Gives why that cannot be done, as "found X; expected Y"; empty when it is.
    std::function<std::string(Question&)> apply;
};

/// Each class of resource 1.1 and 2 times as fast: links by kind (nvlink, pcie, nic, leaf, pod, trunk, memory; their
/// capacity), NICs and switches together (as a cluster with faster NICs on a like network has), `latency` (of every way), and,
/// `with_software`, `software` (launches, protocol, overheads of messages and chunks) and `copying threads` (their rates), and,
/// `with_layer`, `compute` (the kernels of the layer). One NIC fewer on every node (the last that is up). Perfect balance: each
/// rank's copies go evenly to all ranks. And the copies of a token for one GPU merged.
std::vector<Variation> variations_of(const Fabric& fabric, const Algorithm& algorithm, bool with_software, bool with_layer);

}  // namespace tokenyard
