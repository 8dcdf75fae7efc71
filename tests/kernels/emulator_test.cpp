// SPDX-License-Identifier: Apache-2.0
// The emulator must see what it is there to see.
#include "cuda/device.hpp"
#include "cuda/launch.hpp"

#include <catch2/catch.hpp>

namespace tokenyard::gpu {
namespace {

void half_a_warp_shuffles(int*) {
    if (threadIdx.x < 16) __shfl_sync(all_lanes, 1, 0);
}
void lanes_part_ways(int*) {
    if (threadIdx.x < 16) __syncwarp();
    else __ballot_sync(all_lanes, true);
}
void sum_over_block(int* sums) {
    __shared__ int sum;
    if (threadIdx.x == 0) sum = 0;
    __syncthreads();
    atomicAdd(&sum, static_cast<int>(threadIdx.x));
    __syncthreads();
    if (threadIdx.x == 63) sums[blockIdx.x] = sum;
}

}  // namespace

TEST_CASE("the emulator refuses a warp whose lanes are not all there", "[kernels]") {
    CHECK_THROWS_WITH(launch(half_a_warp_shuffles, {1, 32}, nullptr, nullptr),
                      "emulator: threads wait for others that never come");
    CHECK_THROWS_WITH(launch(lanes_part_ways, {1, 32}, nullptr, nullptr),
                      "emulator: lanes of a warp are at __ballot_sync and at __syncwarp");
}

TEST_CASE("the emulator runs every thread of every block through the barriers", "[kernels]") {
    DeviceArray<int> sums(3);
    launch(sum_over_block, {3, 64}, nullptr, sums.get());
    CHECK(sums.to_host() == std::vector<int>{2016, 2016, 2016});
}

TEST_CASE("launch says which call failed and where", "[kernels]") {
    CHECK_THROWS_WITH(launch(sum_over_block, {1, 2048}, nullptr, nullptr), Catch::Contains("cudaErrorInvalidConfiguration"));
    launch(sum_over_block, {0, 64}, nullptr, nullptr);  // no blocks: nothing happens
}

}  // namespace tokenyard::gpu
