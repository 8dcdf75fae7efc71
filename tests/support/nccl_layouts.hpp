// SPDX-License-Identifier: Apache-2.0
// Layouts and volumes that the tests of NCCL's schedule share.
#pragma once

#include "collective/nccl/communicator.hpp"
#include "model/routing.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <ostream>
#include <random>

namespace tokenyard {

/// Nodes x GPUs of H100s: NVSwitches in the node, a NIC a GPU.
struct NcclShape {
    int nodes = 1, gpus = 1;

    friend std::ostream& operator<<(std::ostream& stream, NcclShape shape) { return stream << shape.nodes << "x" << shape.gpus; }
};

/// Runs the rest of the test for each of them.
inline NcclShape any_nccl_shape() {
    return GENERATE(NcclShape{1, 8}, NcclShape{2, 8}, NcclShape{4, 8}, NcclShape{8, 8}, NcclShape{16, 8}, NcclShape{32, 8},
                    NcclShape{9, 4}, NcclShape{3, 1});
}

inline NcclLayout layout_of(NcclShape shape) {
    NcclLayout layout;
    layout.collective_channels = shape.nodes > 1 ? 16 : 24;  // as NCCL's log says of 8 x H100 nodes
    layout.nodes.assign(static_cast<std::size_t>(shape.nodes), NcclNode{shape.gpus, {}});
    return layout;
}

inline NcclCommunicator communicator_of(NcclShape shape) { return make_nccl_communicator(layout_of(shape)); }

/// The same for every pair, a rank and itself included.
inline VolumeMatrix uniform_volumes(int ranks, Bytes volume) {
    VolumeMatrix volumes(ranks, ranks);
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination) volumes.at(source, destination) = volume;
    return volumes;
}

/// From 1 byte to 64 MiB, evenly over the powers of two, and every fifth one empty.
inline VolumeMatrix random_volumes(int ranks, unsigned seed) {
    constexpr std::uint32_t empty_in = 5, powers = 26;
    std::mt19937 draw(seed);
    VolumeMatrix volumes(ranks, ranks);
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination) {
            const bool is_empty = draw() % empty_in == 0;
            const double fraction = std::ldexp(static_cast<double>(draw()), -32);
            const double volume = std::floor(std::ldexp(1 + fraction, static_cast<int>(draw() % powers)));
            volumes.at(source, destination) = bytes(is_empty ? 0 : volume);
        }
    return volumes;
}

}  // namespace tokenyard
