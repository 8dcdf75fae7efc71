// SPDX-License-Identifier: Apache-2.0
// Which GPU uses which NIC.
#pragma once

#include <vector>

namespace tokenyard {

/// NICs of each GPU, from their distances (a row a GPU). Where either count divides the other, each GPU gets as many NICs, or
/// each NIC as many GPUs, so that all distances together are least, and near in order among equals; else each GPU gets all that
/// are nearest to it, whoever else does. Every distance is at least 0.
std::vector<std::vector<int>> nics_by_distance(const std::vector<std::vector<int>>& distances);

}  // namespace tokenyard
