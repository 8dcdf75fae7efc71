// SPDX-License-Identifier: Apache-2.0
#include "moe/layout.hpp"

#include "cuda/launch.hpp"
#include "cuda/shared.cuh"
#include "cuda/vectors.cuh"
#include "moe/layout_tiles.hpp"

namespace tokenyard::gpu {
namespace {

constexpr unsigned count_threads = 128, scan_warps = 8;

struct Tables {
    const std::int32_t *expert_ids, *rank_of_expert, *first_expert_of_rank, *node_of_rank;
    int tokens, experts_per_token, first_expert, experts, ranks, nodes;
    int tokens_per_tile, tiles;
    std::int32_t*
        tile_counts;       // counters x tiles: experts' copies, ranks' tokens, nodes' tokens; later the sums of earlier tiles
    std::int32_t* totals;  // counters

    __device__ int counters() const { return experts + ranks + nodes; }
    __device__ int first_copy(int tile) const { return tile * tokens_per_tile * experts_per_token; }
    __device__ int end_copy(int tile) const {
        const int end = (tile + 1) * tokens_per_tile;
        return (end < tokens ? end : tokens) * experts_per_token;
    }
};

/// Where a copy goes, -1 where it is dropped, and whether it is its token's first for that rank and node.
struct Destination {
    int expert = -1, rank = -1, node = -1;
    bool is_first_for_rank = false, is_first_for_node = false;
};

__device__ int expert_of(const Tables& tables, int copy) {
    const int expert = tables.expert_ids[copy] - tables.first_expert;
    return expert >= 0 && expert < tables.experts ? expert : -1;
}

__device__ Destination destination_of(const Tables& tables, int copy) {
    Destination to;
    to.expert = expert_of(tables, copy);
    if (to.expert < 0) return to;
    to.rank = tables.rank_of_expert[to.expert];
    to.node = tables.node_of_rank[to.rank];
    to.is_first_for_rank = to.is_first_for_node = true;
    for (int other = copy - copy % tables.experts_per_token; other < copy; ++other) {
        const int expert = expert_of(tables, other);
        if (expert < 0) continue;
        const int rank = tables.rank_of_expert[expert];
        to.is_first_for_rank &= rank != to.rank;
        to.is_first_for_node &= tables.node_of_rank[rank] != to.node;
    }
    return to;
}

/// Adds up each tile. The order of the additions is open, their sums are not.
__global__ void __launch_bounds__(count_threads) count_tiles(Tables tables) {
    auto* counts = dynamic_shared<std::int32_t>();
    const int tile = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
    for (int counter = thread; counter < tables.counters(); counter += count_threads) counts[counter] = 0;
    __syncthreads();
    for (int copy = tables.first_copy(tile) + thread; copy < tables.end_copy(tile); copy += count_threads) {
        const Destination to = destination_of(tables, copy);
        if (to.expert >= 0) atomicAdd(counts + to.expert, 1);
        if (to.is_first_for_rank) atomicAdd(counts + tables.experts + to.rank, 1);
        if (to.is_first_for_node) atomicAdd(counts + tables.experts + tables.ranks + to.node, 1);
    }
    __syncthreads();
    for (int counter = thread; counter < tables.counters(); counter += count_threads)
        tables.tile_counts[static_cast<std::size_t>(counter) * tables.tiles + tile] = counts[counter];
}

/// The sum of the lanes before, and `sum` of them all.
__device__ int sum_before(int value, int lane, int& sum) {
    int inclusive = value;
#pragma unroll
    for (int distance = 1; distance < warp_lanes; distance *= 2) {
        const int other = __shfl_up_sync(all_lanes, inclusive, distance);
        if (lane >= distance) inclusive += other;
    }
    sum = __shfl_sync(all_lanes, inclusive, warp_lanes - 1);
    return inclusive - value;
}

/// A warp a counter: what each tile counted becomes what the tiles before it counted.
__global__ void __launch_bounds__(scan_warps* warp_lanes) scan_tiles(Tables tables) {
    const int lane = static_cast<int>(threadIdx.x % warp_lanes);
    const int counter = static_cast<int>(blockIdx.x * scan_warps + threadIdx.x / warp_lanes);
    if (counter >= tables.counters()) return;
    std::int32_t* counts = tables.tile_counts + static_cast<std::size_t>(counter) * tables.tiles;
    int before = 0;
    for (int first = 0; first < tables.tiles; first += warp_lanes) {
        const int tile = first + lane;
        const int count = tile < tables.tiles ? counts[tile] : 0;
        int sum = 0;
        const int offset = before + sum_before(count, lane, sum);
        if (tile < tables.tiles) counts[tile] = offset;
        before += sum;
    }
    if (lane == 0) tables.totals[counter] = before;
}

/// Sums of the totals before, to `to` (count + 1 of them); a warp.
__device__ void scan_totals(const std::int32_t* totals, int count, int lane, std::int32_t* to) {
    int before = 0;
    for (int first = 0; first < count; first += warp_lanes) {
        const int at = first + lane;
        int sum = 0;
        const int offset = before + sum_before(at < count ? totals[at] : 0, lane, sum);
        if (at < count) to[at] = offset;
        before += sum;
    }
    if (lane == 0) to[count] = before;
}

/// What the totals say; `first_row` and `first_token_row` are their sums.
__device__ void write_totals(const Tables& tables, const Layout& layout, const std::int32_t* first_row,
                             const std::int32_t* first_token_row, int lane) {
    for (int expert = lane; expert <= tables.experts; expert += warp_lanes) {
        layout.first_row_of_expert[expert] = first_row[expert];
        if (expert < tables.experts) layout.copies_to_expert[expert] = tables.totals[expert];
    }
    for (int rank = lane; rank <= tables.ranks; rank += warp_lanes) {
        const int row = first_row[tables.first_expert_of_rank[rank]];
        layout.first_row_of_rank[rank] = row;
        layout.first_token_row_of_rank[rank] = first_token_row[rank];
        if (rank == tables.ranks) continue;
        layout.copies_to_rank[rank] = first_row[tables.first_expert_of_rank[rank + 1]] - row;
        layout.tokens_to_rank[rank] = tables.totals[tables.experts + rank];
    }
    for (int node = lane; node < tables.nodes; node += warp_lanes) {
        int copies = 0;
        for (int rank = 0; rank < tables.ranks; ++rank)
            if (tables.node_of_rank[rank] == node)
                copies += first_row[tables.first_expert_of_rank[rank + 1]] - first_row[tables.first_expert_of_rank[rank]];
        layout.copies_to_node[node] = copies;
        layout.tokens_to_node[node] = tables.totals[tables.experts + tables.ranks + node];
    }
}

/// The next rows of `key`, in the order of the lanes that ask for them; -1 for a key below 0.
__device__ int claim_row(std::int32_t* next, int key, int lane) {
    const unsigned same = __match_any_sync(all_lanes, key);
    const int before = __popc(same & ((1u << lane) - 1));
    const int row = key < 0 ? -1 : next[key] + before;
    __syncwarp();
    if (key >= 0 && before == 0) next[key] += __popc(same);
    __syncwarp();
    return row;
}

/// A warp a tile walks through its copies in order, so rows do not depend on what runs first.
__global__ void __launch_bounds__(warp_lanes) place_tiles(Tables tables, Layout layout) {
    auto* next_row = dynamic_shared<std::int32_t>();
    auto* next_token_row = next_row + tables.experts + 1;
    const int tile = static_cast<int>(blockIdx.x), lane = static_cast<int>(threadIdx.x);
    scan_totals(tables.totals, tables.experts, lane, next_row);
    scan_totals(tables.totals + tables.experts, tables.ranks, lane, next_token_row);
    __syncwarp();
    if (tile == 0) write_totals(tables, layout, next_row, next_token_row, lane);
    __syncwarp();
    for (int counter = lane; counter < tables.experts + tables.ranks; counter += warp_lanes) {
        const int earlier = tables.tile_counts[static_cast<std::size_t>(counter) * tables.tiles + tile];
        next_row[counter < tables.experts ? counter : counter + 1] += earlier;  // past the experts' sum of all
    }
    __syncwarp();
    const int end = tables.end_copy(tile);
    for (int first = tables.first_copy(tile); first < end; first += warp_lanes) {
        const int copy = first + lane;
        const Destination to = copy < end ? destination_of(tables, copy) : Destination{};
        const int row = claim_row(next_row, to.expert, lane);
        const int token_row = claim_row(next_token_row, to.is_first_for_rank ? to.rank : -1, lane);
        if (copy >= end) continue;
        layout.row_of_copy[copy] = row;
        layout.token_row_of_copy[copy] = token_row;
    }
}

}  // namespace

void lay_out(LayoutBuffers& buffers, const std::int32_t* expert_ids, int tokens, int first_expert, cudaStream_t stream) {
    if (tokens < 0 || tokens > buffers.most_tokens_)
        throw std::invalid_argument("found " + std::to_string(tokens) + " tokens; expected at most the " +
                                    std::to_string(buffers.most_tokens_) + " that the layout has room for");
    const Tables tables{expert_ids,
                        buffers.rank_of_expert_,
                        buffers.first_expert_of_rank_,
                        buffers.node_of_rank_,
                        tokens,
                        buffers.experts_per_token_,
                        first_expert,
                        buffers.experts_,
                        buffers.ranks_,
                        buffers.nodes_,
                        tokens_per_tile(tokens),
                        tiles_of(tokens),
                        buffers.tile_counts_,
                        buffers.totals_};
    const auto tiles = static_cast<unsigned>(tables.tiles);
    const auto counters = static_cast<unsigned>(buffers.experts_ + buffers.ranks_ + buffers.nodes_);
    launch(count_tiles, {tiles, count_threads, counters * sizeof(std::int32_t)}, stream, tables);
    launch(scan_tiles, {blocks_of(counters, scan_warps), scan_warps * warp_lanes}, stream, tables);
    launch(place_tiles, {tiles, warp_lanes, (counters + 2) * sizeof(std::int32_t)}, stream, tables, buffers.layout_);
}

}  // namespace tokenyard::gpu
