// SPDX-License-Identifier: Apache-2.0
// The emulator must see what it is there to see.
#include "bench/measure.hpp"
#include "cuda/device.hpp"
#include "cuda/launch.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <set>
#include <thread>
#include <vector>

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

void forgets_to_begin(float* sums) {
    __shared__ float sum;
    for (unsigned thread = 0; thread < blockDim.x; ++thread) {
        if (threadIdx.x == thread) sum = sum + 1;
        __syncthreads();
    }
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}
void add_one(int* value) {
    if (threadIdx.x == 0) ++*value;
}
void multiply(int* value, int factor) {
    if (threadIdx.x == 0) *value *= factor;
}
void note_block(int* blocks, int* next) {
    if (threadIdx.x == 0) blocks[(*next)++] = static_cast<int>(blockIdx.x);
}

/// What a copy finds that does not wait for the stream that works, 32 times.
std::set<int> found_without_a_wait() {
    std::set<int> found;
    for (int turn = 0; turn < 32; ++turn) {
        const Stream stream;
        DeviceArray<int> value(std::vector<int>{0});
        launch(add_one, {1, 32}, stream.get(), value.get());
        int seen = -1;
        TOKENYARD_CUDA(cudaMemcpy(&seen, value.get(), sizeof seen, cudaMemcpyDeviceToHost));
        found.insert(seen);
        stream.wait();
    }
    return found;
}

}  // namespace

TEST_CASE("the emulator lets a copy that waits for nothing find what was there before, or not", "[kernels]") {
    CHECK(found_without_a_wait() == std::set<int>{0, 1});
}

TEST_CASE("the emulator keeps the order within a stream, and none between streams", "[kernels]") {
    std::set<int> found;
    for (int turn = 0; turn < 32; ++turn) {
        const Stream first, second;
        DeviceArray<int> value(std::vector<int>{1});
        launch(multiply, {1, 32}, first.get(), value.get(), 3);
        launch(add_one, {1, 32}, first.get(), value.get());
        launch(multiply, {1, 32}, second.get(), value.get(), 10);
        TOKENYARD_CUDA(cudaDeviceSynchronize());
        found.insert(value.to_host()[0]);
    }
    CHECK(found == std::set<int>{31, 40});  // 10 x 3 + 1 both ways of doing the products; (3 + 1) x 10
}

TEST_CASE("a launch in the emulator takes its arguments when it is launched, and runs when it is waited for", "[kernels]") {
    const Stream stream;
    DeviceArray<int> value(std::vector<int>{1});
    {
        int factor = 7;
        launch(multiply, {1, 32}, stream.get(), value.get(), factor);
        factor = 1000;
    }
    CHECK(value.to_host()[0] == 7);
}

TEST_CASE("shared memory in the emulator begins as NaN in every block", "[kernels]") {
    DeviceArray<float> sums(3);
    launch(forgets_to_begin, {3, 32}, nullptr, sums.get());
    for (const float sum : sums.to_host()) CHECK(std::isnan(sum));
}

TEST_CASE("blocks in the emulator run in another order each time", "[kernels]") {
    std::set<std::vector<int>> orders;
    for (int turn = 0; turn < 4; ++turn) {
        DeviceArray<int> blocks(8), next(std::vector<int>{0});
        launch(note_block, {8, 32}, nullptr, blocks.get(), next.get());
        orders.insert(blocks.to_host());
    }
    CHECK(orders.size() == 4);
}

TEST_CASE("cudaFree in the emulator waits for what other devices do", "[kernels]") {
    DeviceArray<int> value(std::vector<int>{0});
    const Stream stream;
    launch(add_one, {1, 32}, stream.get(), value.get());
    std::thread([] {
        setenv("TOKENYARD_EMULATOR_DEVICES", "2", 1);
        TOKENYARD_CUDA(cudaSetDevice(1));
        DeviceArray<int> other(1);
    }).join();
    CHECK(*value.get() == 1);  // without a wait of this thread's
    unsetenv("TOKENYARD_EMULATOR_DEVICES");
}

TEST_CASE("the emulator refuses a warp whose lanes are not all there", "[kernels]") {
    launch(half_a_warp_shuffles, {1, 32}, nullptr, nullptr);
    CHECK_THROWS_WITH(cudaDeviceSynchronize(), "emulator: threads wait for others that never come");
    launch(lanes_part_ways, {1, 32}, nullptr, nullptr);
    CHECK_THROWS_WITH(cudaDeviceSynchronize(), "emulator: lanes of a warp are at __ballot_sync and at __syncwarp");
}

TEST_CASE("the emulator runs every thread of every block through the barriers", "[kernels]") {
    DeviceArray<int> sums(3);
    launch(sum_over_block, {3, 64}, nullptr, sums.get());
    CHECK(sums.to_host() == std::vector<int>{2016, 2016, 2016});
}

TEST_CASE("no turn of a sample begins before the host has handed over all of them", "[kernels]") {
    // The emulated device begins by chance; what it does notes how many turns had been handed over by then.
    const Stream stream;
    int handed_over = 0;
    std::vector<int> found;
    const Timing timing = measure(stream, {5, 0, 1}, [&](int) {
        ++handed_over;
        enqueue_emulated(stream.get(), [&] {
            found.push_back(handed_over);
            return true;
        });
    });
    CHECK(timing.turns_per_sample >= 10);
    CHECK(timing.is_held_back);
    std::vector<int> expected;
    int end = 0;
    for (const int turns : {3, 3, 1, 1, 1, 1, 1}) {  // twice to warm up, then the samples
        const int here = turns == 3 ? 3 : timing.turns_per_sample;
        end += here;
        expected.insert(expected.end(), static_cast<std::size_t>(here), end);
    }
    CHECK(found == expected);
}

TEST_CASE("launch says which call failed and where", "[kernels]") {
    CHECK_THROWS_WITH(launch(sum_over_block, {1, 2048}, nullptr, nullptr), Catch::Contains("cudaErrorInvalidConfiguration"));
    launch(sum_over_block, {0, 64}, nullptr, nullptr);  // no blocks: nothing happens
}

}  // namespace tokenyard::gpu
