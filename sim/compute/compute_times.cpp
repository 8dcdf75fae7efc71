// SPDX-License-Identifier: Apache-2.0
#include "compute/compute_times.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace tokenyard {
namespace {

constexpr double activation_bytes = 2;  // a bf16 element, as the residual stream and results of GEMMs are kept
constexpr double score_bytes = 4;       // an fp32 score of the router
constexpr double choice_bytes = 8;      // an expert's id and weight

/// 0 when nothing is said of it. 16-bit formats are alike.
FlopRate rate_for(const DataType& dtype, const GpuModel& gpu) {
    const auto rate = gpu.flops.find(dtype.bits == 16 ? "bf16" : dtype.bits == 8 ? "fp8" : "fp4");
    return rate == gpu.flops.end() ? FlopRate{} : rate->second;
}

/// The roofline of one GPU.
class Roofline {
public:
    Roofline(const GpuModel& gpu, const ComputeCosts& costs, double sm_share) : gpu_(gpu), costs_(costs), sm_share_(sm_share) {}

    /// Without its launch.
    Seconds time(double moved_bytes, double flops, const DataType& dtype) const {
        const double moving = moved_bytes / (gpu_.memory_bandwidth.si * costs_.memory_efficiency);
        const FlopRate rate = rate_for(dtype, gpu_);
        const double computing = flops > 0 ? flops / (rate.si * costs_.gemm_efficiency * sm_share_) : 0;
        return {std::max(moving, computing)};
    }
    Seconds kernel(double moved_bytes, double flops, const DataType& dtype) const {
        return moved_bytes > 0 ? costs_.launch + time(moved_bytes, flops, dtype) : Seconds{};
    }
    Seconds copy(double moved_bytes) const { return kernel(moved_bytes, 0, {"bf16", 16}); }

private:
    const GpuModel& gpu_;
    const ComputeCosts& costs_;
    double sm_share_;
};

Seconds gate_time(const Model& model, double tokens, const Roofline& roofline) {
    if (tokens == 0) return {};
    const double hidden = model.hidden, experts = model.experts;
    const double scores = tokens * experts * score_bytes;
    const Seconds gemm = roofline.kernel(activation_bytes * (tokens * hidden + hidden * experts) + scores,
                                         2 * tokens * hidden * experts, {"bf16", 16});
    return gemm + roofline.copy(scores + tokens * model.experts_per_token * choice_bytes);
}

/// Up (and gate), activation, down: three kernels over all experts, each expert at its own roofline.
Seconds experts_time(const Model& model, const std::vector<std::uint32_t>& of_expert, const ComputeCosts& costs,
                     const Roofline& roofline) {
    const ExpertModel& expert = *model.expert;
    const double hidden = model.hidden, inner = expert.hidden, up_matrices = expert.matrices - 1;
    const double input = expert.dtype.bits / 8.0, weight = expert.weight_dtype.bits / 8.0;
    Seconds time;
    bool is_idle = true;
    for (const double tokens : of_expert) {
        if (tokens == 0) continue;
        is_idle = false;
        const double rows = std::ceil(tokens / costs.tile_tokens) * costs.tile_tokens;
        const double up = up_matrices * inner;
        time += roofline.time(hidden * up * weight + tokens * (hidden * input + up * activation_bytes), 2 * rows * hidden * up,
                              expert.dtype);
        time += roofline.time(tokens * (up * activation_bytes + inner * input), 0, expert.dtype);
        time += roofline.time(inner * hidden * weight + tokens * (inner * input + hidden * activation_bytes),
                              2 * rows * inner * hidden, expert.dtype);
    }
    constexpr int kernels = 3;
    return is_idle ? Seconds{} : time + costs.launch * kernels;
}

double sent_by(const RankTokens& tokens, Granularity granularity) {
    switch (granularity) {
        case Granularity::expert: return tokens.copies_sent;
        case Granularity::rank: return tokens.ranks_sent;
        case Granularity::island: return tokens.islands_sent;
    }
    return 0;
}

}  // namespace

ComputeTimes compute_times(const LayerShape& shape, const RankTokens& tokens, const GpuModel& gpu, const ComputeCosts& costs,
                           double sm_share) {
    const Roofline roofline(gpu, costs, sm_share);
    const double out = in_bytes(shape.dispatch.total()), back = in_bytes(shape.combine.total());
    const double own = tokens.tokens * shape.model.hidden * activation_bytes;
    const double results = tokens.copies_received * shape.model.hidden * activation_bytes;
    const bool is_cast = shape.dispatch.elements.si < shape.model.hidden * activation_bytes;
    ComputeTimes times;
    times.gate = gate_time(shape.model, tokens.tokens, roofline);
    times.experts = experts_time(shape.model, tokens.of_expert, costs, roofline);
    const std::vector<std::uint32_t> shared(static_cast<std::size_t>(shape.model.expert->shared),
                                            static_cast<std::uint32_t>(tokens.tokens));
    times.shared = experts_time(shape.model, shared, costs, roofline);
    if (shape.packing == Packing::fused) {
        times.finish = roofline.copy(tokens.copies_sent * back + own);
        return times;
    }
    const double sent = sent_by(tokens, shape.granularity);
    const double received = shape.granularity == Granularity::expert ? tokens.copies_received : tokens.unique_received;
    if (shape.packing == Packing::apart) times.pack = roofline.copy(own + sent * out);
    else if (is_cast) times.pack = roofline.copy(own + tokens.tokens * out);
    times.unpack = roofline.copy((received + tokens.copies_received) * out);
    times.repack = roofline.copy(results + received * back);
    times.finish = roofline.copy(sent * back + own);
    return times;
}

std::string refusal_of_compute(const Model& model, const GpuModel& gpu) {
    if (!model.expert) return "found a model without 'expert'; expected what its experts compute";
    if (gpu.flops.empty()) return "found " + gpu.model + " without 'flops'; expected what it computes";
    for (const DataType& dtype : {DataType{"bf16", 16}, model.expert->dtype})
        if (rate_for(dtype, gpu).si == 0)
            return "found " + gpu.model + " without a rate for " + dtype.name + "; expected one in its 'flops'";
    return {};
}

}  // namespace tokenyard
