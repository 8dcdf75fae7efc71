// SPDX-License-Identifier: Apache-2.0
// The algorithm of a case for which none was asked for.
#pragma once

#include "pipeline/predict.hpp"

#include <string>

namespace tokenyard {

struct AlgorithmChoice {
    const Algorithm* algorithm = nullptr;
    std::string reason;        // "as the workload says"
    std::string unknown = {};  // what is wrong with the workload's word, as "found X; expected Y"; then there is no algorithm
};

/// That of a library that was asked for; else the one that the workload names, where a library of the cluster has it; else that
/// of a library of the workload; else that of the cluster's last library, where the workload names an algorithm that none of its
/// libraries has; else nccl, which all have. What refuses the exchange is passed over.
AlgorithmChoice choose_algorithm(const Case& one, const Fabric& fabric, const Traffic& traffic);

}  // namespace tokenyard
