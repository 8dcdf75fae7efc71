// SPDX-License-Identifier: Apache-2.0
// The exchange as execution traces of Chakra, which ASTRA-sim and other simulators read.
#pragma once

#include "model/rank_matrix.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tokenyard {

struct ChakraPhase {
    std::string name;  // dispatch, combine
    VolumeMatrix volumes;
};

/// Gives `take` the trace of each rank, one after the other: GlobalMetadata and nodes, each message behind its length. A phase in
/// which all pairs send alike is one COMM_COLL_NODE of ALL_TO_ALL, whose comm_size is what a rank sends in all, its own part
/// included, as ASTRA-sim counts; any other one a COMM_SEND_NODE and a COMM_RECV_NODE for every pair that sends, because a
/// collective has one size. A phase starts when the rank has done with the one before: an empty COMP_NODE between.
/// Source: mlcommons/chakra 6dc63e14, schema/protobuf/et_def.proto; attributes as its generators name and type them.
void write_chakra(const std::vector<ChakraPhase>& phases, const std::function<void(int rank, const std::string& trace)>& take);

}  // namespace tokenyard
