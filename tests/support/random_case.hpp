// SPDX-License-Identifier: Apache-2.0
// Clusters and exchanges drawn at random, for laws that hold for all of them.
#pragma once

#include "model/cluster.hpp"
#include "model/routing.hpp"

#include <cstdint>
#include <string>

namespace tokenyard {

struct RandomCase {
    Cluster cluster;
    VolumeMatrix volumes;
    std::string description;
};

/// 2 to 24 ranks: every fabric, scale-up kind, layout of PCIe switches, way of routing and skew; NICs in the GPUs' order or in
/// another one, shared, several a GPU, of no GPU; a plane or a NIC lost in some; a third of the pairs idle in some.
RandomCase random_case(std::uint32_t seed);

}  // namespace tokenyard
