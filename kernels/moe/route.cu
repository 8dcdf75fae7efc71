// SPDX-License-Identifier: Apache-2.0
#include "moe/route.hpp"

#include "cuda/launch.hpp"
#include "cuda/shared.cuh"
#include "moe/philox.cuh"

namespace tokenyard::gpu {
namespace {

constexpr int threads = 128;          // a token each
constexpr int most_passed_over = 64;  // in a row, as in the simulator: 8 of 256 alike experts pass over 0.1 on average

struct Router {
    const std::uint32_t* weights;
    const std::uint64_t* thresholds;
    std::uint32_t experts, group_size;
    int experts_per_token, groups_per_token;
};

/// The last expert whose threshold is not above the word.
__device__ std::uint32_t expert_at(const Router& router, std::uint32_t word) {
    std::uint32_t low = 0, high = router.experts;  // thresholds[low] <= word < thresholds[high]
    while (high - low > 1) {
        const std::uint32_t middle = (low + high) / 2;
        if (__ldg(router.thresholds + middle) <= word) low = middle;
        else high = middle;
    }
    return low;
}

/// What a token has taken so far, in a row of shared memory of its own.
struct Taken {
    std::int32_t* experts;
    int count, groups;
};

__device__ bool is_group_taken(const Router& router, const Taken& taken, std::uint32_t expert) {
    for (int slot = 0; slot < taken.count; ++slot)
        if (static_cast<std::uint32_t>(taken.experts[slot]) / router.group_size == expert / router.group_size) return true;
    return false;
}

__device__ bool is_allowed(const Router& router, const Taken& taken, std::uint32_t expert) {
    for (int slot = 0; slot < taken.count; ++slot)
        if (static_cast<std::uint32_t>(taken.experts[slot]) == expert) return false;
    return taken.groups < router.groups_per_token || is_group_taken(router, taken, expert);
}

/// From the weights of what is allowed; where none of it has any, the first of it.
__device__ std::uint32_t draw_from_rest(const Router& router, const Taken& taken, RandomWords& words) {
    std::uint32_t rest = 0, first = router.experts;
    for (std::uint32_t expert = 0; expert < router.experts; ++expert) {
        if (!is_allowed(router, taken, expert)) continue;
        rest += router.weights[expert];
        if (expert < first) first = expert;
    }
    if (rest == 0) return first;
    auto left = static_cast<std::uint32_t>((std::uint64_t{words.next()} * rest) >> 32);
    for (std::uint32_t expert = first;; ++expert) {
        if (!is_allowed(router, taken, expert)) continue;
        if (left < router.weights[expert]) return expert;
        left -= router.weights[expert];
    }
}

__device__ void draw_experts(const Router& router, RandomWords words, std::int32_t* experts) {
    Taken taken{experts, 0, 0};
    while (taken.count < router.experts_per_token) {
        std::uint32_t expert = expert_at(router, words.next());
        for (int passed_over = 0; !is_allowed(router, taken, expert);) {
            if (++passed_over == most_passed_over) {
                expert = draw_from_rest(router, taken, words);
                break;
            }
            expert = expert_at(router, words.next());
        }
        taken.groups += !is_group_taken(router, taken, expert);
        taken.experts[taken.count++] = static_cast<std::int32_t>(expert);
    }
}

/// Uniform in 24 bits, scaled to a sum of 1: sums and quotients in the simulator's order, each correctly rounded.
__device__ void draw_weights(int count, RandomWords words, std::int32_t* weight_bits) {
    float sum = 0;
    for (int slot = 0; slot < count; ++slot) {
        const auto weight = static_cast<float>((words.next() >> 8) + 1);
        weight_bits[slot] = __float_as_int(weight);
        sum = __fadd_rn(sum, weight);
    }
    for (int slot = 0; slot < count; ++slot)
        weight_bits[slot] = __float_as_int(__fdiv_rn(__int_as_float(weight_bits[slot]), sum));
}

__global__ void __launch_bounds__(threads)
    route_tokens(Router router, std::uint64_t seed, std::uint32_t rank, std::uint32_t tokens,
                 std::int32_t* __restrict__ expert_ids, float* __restrict__ expert_weights) {
    auto* drawn = dynamic_shared<std::int32_t>();  // rows are drawn here and leave together: whole lines of memory
    const std::uint32_t first = blockIdx.x * threads, token = first + threadIdx.x;
    const int k = router.experts_per_token;
    std::int32_t* row = drawn + threadIdx.x * (k | 1);  // an odd stride: the threads of a warp use different banks
    const std::uint32_t count = (tokens - first < threads ? tokens - first : threads) * k;

    if (token < tokens) draw_experts(router, {seed, stream_of_experts, rank, token}, row);
    __syncthreads();
    for (std::uint32_t i = threadIdx.x; i < count; i += threads)
        expert_ids[std::size_t{first} * k + i] = drawn[i / k * (k | 1) + i % k];
    __syncthreads();
    if (token < tokens) draw_weights(k, {seed, stream_of_weights, rank, token}, row);
    __syncthreads();
    for (std::uint32_t i = threadIdx.x; i < count; i += threads)
        expert_weights[std::size_t{first} * k + i] = __int_as_float(drawn[i / k * (k | 1) + i % k]);
}

}  // namespace

DeviceRouterTable::DeviceRouterTable(const RouterTable& table)
    : shape(table.shape), weights(table.weights), thresholds(table.thresholds) {}

void route(const DeviceRouterTable& table, std::uint64_t seed, int rank, int tokens, std::int32_t* expert_ids,
           float* expert_weights, cudaStream_t stream) {
    const RouterShape& shape = table.shape;
    const Router router{table.weights.get(),
                        table.thresholds.get(),
                        static_cast<std::uint32_t>(shape.experts),
                        static_cast<std::uint32_t>(shape.experts / shape.expert_groups),
                        shape.experts_per_token,
                        shape.groups_per_token};
    const std::size_t shared = sizeof(std::int32_t) * threads * static_cast<std::size_t>(shape.experts_per_token | 1);
    launch(route_tokens, {blocks_of<std::uint64_t>(static_cast<std::uint64_t>(tokens), threads), threads, shared}, stream, router,
           seed, static_cast<std::uint32_t>(rank), static_cast<std::uint32_t>(tokens), expert_ids, expert_weights);
}

}  // namespace tokenyard::gpu
