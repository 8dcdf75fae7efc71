// SPDX-License-Identifier: Apache-2.0
// What one rank holds on its device during the exchange of a layer, and what it knows of the others' tokens.
#pragma once

#include "exchange/session.hpp"
#include "exchange/workload.hpp"
#include "formats/number_formats.hpp"
#include "moe/layout.hpp"
#include "moe/route.hpp"

#include <memory>

namespace tokenyard::gpu {

/// Made by routing, laying out and exchanging counts once, which says how much everything takes. All ranks make theirs together.
class LayerMemory {
public:
    LayerMemory(Session& session, const LayerWorkload& workload);

    /// Fills everything that is to be written with bytes that no right result has.
    void poison(cudaStream_t stream);

    Message counts_message() const;    // copies_to_expert of everybody's experts to their owners
    Message dispatch_message() const;  // in fp8 the scales of each row travel behind its codes
    Message return_message() const;

    int tokens_here, k, hidden, local_experts, rows = 0;  // rows: copies that arrive here
    DeviceRouterTable table;
    LayoutBuffers layout;
    DeviceArray<std::int32_t> ids;
    DeviceArray<float> weights;
    DeviceArray<Bf16> tokens;
    DeviceArray<std::int32_t> copies, first_row_of_expert, row_of_arrival, scratch;  // copies: sources x experts of this rank
    DeviceArray<Bf16> ordered, combined;
    DeviceArray<Fp8> ordered_codes;
    DeviceArray<float> ordered_scales;
    Buffer packed, arrived, returning, returned;           // what the network sees
    std::vector<std::vector<std::size_t>> copies_by_rank;  // S(i,k) as these kernels counted it
    std::size_t wrong_counts = 0;                          // of what arrived here, against what the sources say that they sent

private:
    void learn_counts(Session& session);
    void make_buffers(Session& session);
    Blocks blocks_of(std::size_t row_bytes) const;

    bool is_fp8_;
    std::size_t dispatch_bytes_;  // of a row
    int rank_;
    std::vector<int> first_expert_of_rank_;
};

}  // namespace tokenyard::gpu
