// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.hpp"
#include "cuda/vectors.cuh"
#include "moe/layout.hpp"

namespace tokenyard::gpu {
namespace {

constexpr unsigned scan_threads = 1024, map_threads = 256;

/// The sum of `value` over the threads before, and of all in `sum`. All threads of the block call it.
__device__ int sum_before(int value, int& sum) {
    __shared__ int sums_of_warps[scan_threads / warp_lanes];
    const int lane = static_cast<int>(threadIdx.x % warp_lanes), warp = static_cast<int>(threadIdx.x / warp_lanes);
    int inclusive = value;
    for (int distance = 1; distance < warp_lanes; distance *= 2) {
        const int other = __shfl_up_sync(all_lanes, inclusive, distance);
        if (lane >= distance) inclusive += other;
    }
    if (lane == warp_lanes - 1) sums_of_warps[warp] = inclusive;
    __syncthreads();
    int before = 0;
    sum = 0;
    for (int other = 0; other < static_cast<int>(scan_threads / warp_lanes); ++other) {
        if (other == warp) before = sum;
        sum += sums_of_warps[other];
    }
    __syncthreads();  // before the next call writes the sums again
    return before + inclusive - value;
}

/// Runs of rows with one source and one expert: where each begins among the arrivals, and where in the experts' order.
__global__ void __launch_bounds__(scan_threads)
    scan_runs(const std::int32_t* __restrict__ copies, int sources, int experts, std::int32_t* __restrict__ first_arrival,
              std::int32_t* __restrict__ first_row, std::int32_t* __restrict__ first_row_of_expert) {
    const int runs = sources * experts;
    int arrivals = 0, rows = 0;
    for (int first = 0; first < runs; first += scan_threads) {
        const int at = first + static_cast<int>(threadIdx.x);
        const int run_of_row = at % sources * experts + at / sources;  // the at-th run in the experts' order
        int arrived = 0, placed = 0;
        const int arrivals_before = arrivals + sum_before(at < runs ? copies[at] : 0, arrived);
        const int rows_before = rows + sum_before(at < runs ? copies[run_of_row] : 0, placed);
        arrivals += arrived;
        rows += placed;
        if (at >= runs) continue;
        first_arrival[at] = arrivals_before;
        first_row[run_of_row] = rows_before;
        if (at % sources == 0) first_row_of_expert[at / sources] = rows_before;
    }
    if (threadIdx.x == 0) first_row_of_expert[experts] = rows;
}

__global__ void __launch_bounds__(map_threads)
    map_arrivals(const std::int32_t* __restrict__ first_arrival, const std::int32_t* __restrict__ first_row, int runs, int rows,
                 std::int32_t* __restrict__ row_of_arrival) {
    const auto arrival = static_cast<int>(blockIdx.x * map_threads + threadIdx.x);
    if (arrival >= rows) return;
    int low = 0, high = runs;  // the last run that begins at or before this row: empty ones begin where the next one does
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (first_arrival[middle] <= arrival) low = middle;
        else high = middle;
    }
    row_of_arrival[arrival] = first_row[low] + arrival - first_arrival[low];
}

}  // namespace

void lay_out_arrivals(const std::int32_t* copies, int sources, int experts, int rows, std::int32_t* first_row_of_expert,
                      std::int32_t* row_of_arrival, std::int32_t* scratch, cudaStream_t stream) {
    const int runs = sources * experts;
    launch(scan_runs, {1, scan_threads}, stream, copies, sources, experts, scratch, scratch + runs, first_row_of_expert);
    launch(map_arrivals, {blocks_of(static_cast<unsigned>(rows), map_threads), map_threads}, stream, scratch, scratch + runs,
           runs, rows, row_of_arrival);
}

}  // namespace tokenyard::gpu
