// SPDX-License-Identifier: Apache-2.0
#include "moe/gate_topk.hpp"

#include "cuda/launch.hpp"
#include "cuda/vectors.cuh"

#include <cmath>

namespace tokenyard::gpu {
namespace {

constexpr unsigned warps_per_block = 8;  // a token each

struct Gate {
    int experts, group_size, experts_per_token;
    int groups_per_token;  // 0: no limit
    Scores scores;
    bool is_normalised;
    float weight_scale;
    const float* bias;
};

/// Unsigned numbers in the order of the floats, -0 and +0 alike; 0 is below all of them.
__device__ std::uint32_t order_of(float value) {
    const auto bits = static_cast<std::uint32_t>(__float_as_int(value + 0.0f));
    return bits & 0x80000000 ? ~bits : bits | 0x80000000;
}

__device__ float sum_over_warp(float value) {
    for (int distance = warp_lanes / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(all_lanes, value, distance);
    return value;
}
__device__ float max_over_warp(float value) {
    for (int distance = warp_lanes / 2; distance > 0; distance /= 2)
        value = fmaxf(value, __shfl_xor_sync(all_lanes, value, distance));
    return value;
}

/// A token's logits spread over a warp: lane l holds runs of `Run` neighbours, the c-th of them from (c x 32 + l) x Run on.
template <class Logit, int PerLane, int Run>
struct LanesOf {
    static __device__ int expert_of(int i, int lane) { return (i / Run * warp_lanes + lane) * Run + i % Run; }

    /// What lies beyond the experts is -infinity, which adds nothing to a softmax.
    static __device__ void load(const Logit* row, int experts, int lane, float (&logits)[PerLane]) {
        struct alignas(Run * sizeof(Logit)) Piece {
            Logit values[Run];
        };
#pragma unroll
        for (int i = 0; i < PerLane; i += Run) {
            const int expert = expert_of(i, lane);
            Piece piece{};
            const bool is_expert = expert < experts;  // of the whole run: experts are a multiple of it
            if (is_expert) piece = *reinterpret_cast<const Piece*>(row + expert);
#pragma unroll
            for (int j = 0; j < Run; ++j) logits[i + j] = is_expert ? number(piece.values[j]) : -INFINITY;
        }
    }

private:
    static __device__ float number(float value) { return value; }
    static __device__ float number(Bf16 value) { return as_float(value); }
};

/// Turns a token's logits into scores; softmax needs its largest logit and the sum over all experts.
struct ScoreOf {
    Scores kind;
    float largest = 0, sum = 1;

    __device__ float operator()(float logit) const {
        return kind == Scores::softmax ? expf(logit - largest) / sum : 1 / (1 + expf(-logit));
    }
};

template <int PerLane>
__device__ ScoreOf scores_for(Scores kind, const float (&logits)[PerLane]) {
    ScoreOf score{kind};
    if (kind == Scores::sigmoid) return score;
    float largest = logits[0];
#pragma unroll
    for (int i = 1; i < PerLane; ++i) largest = fmaxf(largest, logits[i]);
    score.largest = max_over_warp(largest);
    float sum = 0;
#pragma unroll
    for (int i = 0; i < PerLane; ++i) sum += expf(logits[i] - score.largest);
    score.sum = sum_over_warp(sum);
    return score;
}

/// The best of what is left (an order above 0), the lower id where it ties. Takes it away.
template <class Lanes, int PerLane>
__device__ int take_best(std::uint32_t (&orders)[PerLane], int lane) {
    std::uint32_t mine = 0;
#pragma unroll
    for (int i = 0; i < PerLane; ++i) mine = orders[i] > mine ? orders[i] : mine;
    const std::uint32_t best = __reduce_max_sync(all_lanes, mine);
    unsigned lowest = 0xffffffff;
#pragma unroll
    for (int i = PerLane - 1; i >= 0; --i)  // a lane's experts ascend with i
        if (orders[i] == best) lowest = static_cast<unsigned>(Lanes::expert_of(i, lane));
    const int expert = static_cast<int>(__reduce_min_sync(all_lanes, lowest));
#pragma unroll
    for (int i = 0; i < PerLane; ++i)
        if (Lanes::expert_of(i, lane) == expert) orders[i] = 0;
    return expert;
}

/// Lane j < k is given the j-th best expert. Once the token's groups are all reached, the experts outside them drop out: the best
/// expert of a group decides when it is reached, so these are its best groups.
template <class Lanes, int PerLane>
__device__ int choose(const Gate& gate, std::uint32_t (&orders)[PerLane], int lane) {
    int chosen = 0, groups_left = gate.groups_per_token;
    std::uint64_t groups = 0;
    for (int slot = 0; slot < gate.experts_per_token; ++slot) {
        const int expert = take_best<Lanes>(orders, lane);
        if (lane == slot) chosen = expert;
        if (groups_left == 0) continue;
        const std::uint64_t group = std::uint64_t{1} << (expert / gate.group_size);
        if (groups & group) continue;
        groups |= group;
        if (--groups_left > 0) continue;
#pragma unroll
        for (int i = 0; i < PerLane; ++i) {
            const int other = Lanes::expert_of(i, lane);
            if (other < gate.experts && !(groups >> (other / gate.group_size) & 1)) orders[i] = 0;
        }
    }
    return chosen;
}

template <class Logit, int PerLane, int Run>
__global__ void __launch_bounds__(warps_per_block* warp_lanes)
    gate_tokens(Gate gate, const Logit* __restrict__ logits, std::uint32_t tokens, std::int32_t* __restrict__ expert_ids,
                float* __restrict__ expert_weights) {
    using Lanes = LanesOf<Logit, PerLane, Run>;
    const int lane = static_cast<int>(threadIdx.x % warp_lanes);
    const std::uint32_t token = blockIdx.x * warps_per_block + threadIdx.x / warp_lanes;
    if (token >= tokens) return;
    const Logit* row = logits + std::size_t{token} * gate.experts;
    float values[PerLane];
    Lanes::load(row, gate.experts, lane, values);
    const ScoreOf score = scores_for(gate.scores, values);
    std::uint32_t orders[PerLane];
#pragma unroll
    for (int i = 0; i < PerLane; ++i) {
        const int expert = Lanes::expert_of(i, lane);
        if (gate.bias && expert < gate.experts) values[i] = score(values[i]) + gate.bias[expert];
        orders[i] = expert < gate.experts ? order_of(values[i]) : 0;
    }
    const int chosen = choose<Lanes>(gate, orders, lane);

    const bool is_slot = lane < gate.experts_per_token;
    float logit[1] = {0};
    if (is_slot) LanesOf<Logit, 1, 1>::load(row + chosen, 1, 0, logit);  // again, from cache: its lane is not known here
    float weight = is_slot ? score(logit[0]) : 0;
    if (gate.is_normalised) {
        const float sum = sum_over_warp(weight);
        weight = sum > 0 ? weight / sum : 0;
    }
    if (!is_slot) return;
    const std::size_t at = std::size_t{token} * gate.experts_per_token + lane;
    expert_ids[at] = chosen;
    expert_weights[at] = weight * gate.weight_scale;
}

template <class Logit>
void gate_any(const GateShape& shape, const Logit* logits, const float* bias, int tokens, std::int32_t* expert_ids,
              float* expert_weights, cudaStream_t stream) {
    check(shape);
    const RouterShape& router = shape.router;
    const bool is_limited = router.groups_per_token < router.expert_groups;
    const Gate gate{router.experts,
                    router.experts / router.expert_groups,
                    router.experts_per_token,
                    is_limited ? router.groups_per_token : 0,
                    shape.scores,
                    shape.is_normalised,
                    shape.weight_scale,
                    bias};
    const auto count = static_cast<std::uint32_t>(tokens);
    const LaunchShape blocks{blocks_of(count, warps_per_block), warps_per_block * warp_lanes};
    const auto start = [&](auto kernel) { launch(kernel, blocks, stream, gate, logits, count, expert_ids, expert_weights); };
    constexpr int run = 16 / sizeof(Logit);
    const bool is_wide = vector_bytes_for(sizeof(Logit) * static_cast<std::size_t>(router.experts), {logits}) == 16;
    if (router.experts <= 256) start(is_wide ? gate_tokens<Logit, 8, run> : gate_tokens<Logit, 8, 1>);
    else if (router.experts <= 512) start(is_wide ? gate_tokens<Logit, 16, run> : gate_tokens<Logit, 16, 1>);
    else start(is_wide ? gate_tokens<Logit, 32, run> : gate_tokens<Logit, 32, 1>);
}

}  // namespace

void gate_topk(const GateShape& shape, const float* logits, const float* bias, int tokens, std::int32_t* expert_ids,
               float* expert_weights, cudaStream_t stream) {
    gate_any(shape, logits, bias, tokens, expert_ids, expert_weights, stream);
}
void gate_topk(const GateShape& shape, const Bf16* logits, const float* bias, int tokens, std::int32_t* expert_ids,
               float* expert_weights, cudaStream_t stream) {
    gate_any(shape, logits, bias, tokens, expert_ids, expert_weights, stream);
}

}  // namespace tokenyard::gpu
