// SPDX-License-Identifier: Apache-2.0
// Where each token copy goes: counts, offsets and rows of the send buffer; and on arrival, rows of the experts' buffer.
#pragma once

#include "cuda/device.hpp"

#include <cstdint>
#include <vector>

namespace tokenyard::gpu {

/// Which rank holds which experts, and which node which rank: consecutive ones each. Experts that live elsewhere in another
/// order, or several times, are numbered anew first, by the slot that they live in.
struct Placement {
    std::vector<int> first_expert_of_rank;  // ranks + 1, ascending from 0: rank r holds experts [first[r], first[r + 1])
    std::vector<int> node_of_rank;          // ascending from 0 without gaps

    int experts() const { return first_expert_of_rank.back(); }
    int ranks() const { return static_cast<int>(node_of_rank.size()); }
    int nodes() const { return node_of_rank.back() + 1; }
};

/// Experts spread over ranks, and ranks over nodes, as evenly as they go: rank r holds [E r / R, E (r + 1) / R).
Placement contiguous_placement(int experts, int ranks, int ranks_per_node);

/// Throws std::invalid_argument unless the tables are as described and experts + ranks + nodes are at most 12,000 (their counters
/// share 48 KiB).
void check(const Placement& placement);

/// Everything that `lay_out` finds, in device memory that the caller owns. k = experts_per_token.
struct Layout {
    std::int32_t* copies_to_expert;         // experts
    std::int32_t* copies_to_rank;           // ranks: this rank's row of S(i,k)
    std::int32_t* copies_to_node;           // nodes
    std::int32_t* tokens_to_rank;           // ranks: each token once for a rank, however many of its experts are there
    std::int32_t* tokens_to_node;           // nodes
    std::int32_t* first_row_of_expert;      // experts + 1: rows of the send buffer by (rank, expert, token)
    std::int32_t* first_row_of_rank;        // ranks + 1: the same buffer, by rank
    std::int32_t* first_token_row_of_rank;  // ranks + 1: rows of a send buffer with each token once for a rank, by (rank, token)
    std::int32_t* row_of_copy;              // tokens x k: a copy's row in the first buffer; -1 where it is dropped
    std::int32_t* token_row_of_copy;        // tokens x k: the row in the second one, of a token's first copy for a rank; else -1
};

/// Device memory for a Layout and for what `lay_out` works with, in one piece.
class LayoutBuffers {
public:
    /// Throws std::invalid_argument for a placement that `check` refuses, or experts_per_token outside 1 to 32.
    LayoutBuffers(const Placement& placement, int most_tokens, int experts_per_token);

    const Layout& layout() const { return layout_; }

private:
    friend void lay_out(LayoutBuffers&, const std::int32_t*, int, int, cudaStream_t);
    int experts_, ranks_, nodes_, most_tokens_, experts_per_token_;
    DeviceArray<std::int32_t> memory_;
    Layout layout_{};
    std::int32_t *rank_of_expert_, *first_expert_of_rank_, *node_of_rank_;  // the placement
    std::int32_t *tile_counts_, *totals_;                                   // work
};

/// Counts token copies and gives each its row; a stable order, so the same ids give the same rows whatever runs first.
/// `expert_ids`: device, tokens x k. Ids outside [first_expert, first_expert + experts) are dropped: -1 by the router, and with a
/// `first_expert` of its own a receiver leaves out the experts of others. Three launches on `stream`, also for 0 tokens (counts
/// are then 0). Throws std::invalid_argument for more tokens than there is room for.
void lay_out(LayoutBuffers& buffers, const std::int32_t* expert_ids, int tokens, int first_expert, cudaStream_t stream);

/// Rows as they arrive, by (source, expert, token), are given their rows by (expert, source, token): what experts work on.
///   copies: device, sources x experts: S(i,k) of this rank's experts from every source;  rows: their sum
///   first_row_of_expert: device, experts + 1;  row_of_arrival: device, rows;  scratch: device, 2 x sources x experts
/// Two launches on `stream`. Pre: sources, experts >= 1.
void lay_out_arrivals(const std::int32_t* copies, int sources, int experts, int rows, std::int32_t* first_row_of_expert,
                      std::int32_t* row_of_arrival, std::int32_t* scratch, cudaStream_t stream);

}  // namespace tokenyard::gpu
