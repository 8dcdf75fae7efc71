// SPDX-License-Identifier: Apache-2.0
// Predictions of cases that tests put together.
#pragma once

#include "model/case.hpp"
#include "pipeline/predict.hpp"

#include <vector>

namespace tokenyard {

/// S(i,k) in bytes on a cluster; no software costs.
Case matrix_case(const Cluster& cluster, const VolumeMatrix& volumes);

/// Tokens of 1,000 B that go to one expert each, on ranks with `experts_a_rank` of them: the experts of every rank's tokens.
Case token_case(const Cluster& cluster, int experts_a_rank, const std::vector<std::vector<int>>& experts_of_rank);

/// By the fluid engine, explained.
Prediction explained(const Case& one, const char* algorithm = "direct");

}  // namespace tokenyard
