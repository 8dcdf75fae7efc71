// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <fmt/format.h>

#include <iterator>

namespace tokenyard {
namespace {

constexpr int gpu_scale_block = 128;  // what the kernels know

bool is_plain(const Encoding& encoding, const char* dtype) {
    return encoding.dtype.name == dtype && encoding.scale_block == 0 && in_bytes(encoding.metadata) == 0;
}

bool is_fp8(const Encoding& encoding) {
    return encoding.dtype.name == "fp8_e4m3" && encoding.scale_block == gpu_scale_block && encoding.scale_dtype.name == "fp32" &&
           in_bytes(encoding.metadata) == 0;
}

}  // namespace

std::string refusal_for_gpu(const Workload& workload) {
    const auto* tokens = std::get_if<TokenWorkload>(&workload.traffic);
    if (!tokens || std::holds_alternative<TraceRouting>(tokens->routing))
        return "found routing kind trace or matrix, which draws nothing; expected another kind";
    if (!std::holds_alternative<ContiguousPlacement>(tokens->placement))
        return "found experts that are placed another way; expected placement kind contiguous";
    if (!is_plain(tokens->dispatch, "bf16") && !is_fp8(tokens->dispatch))
        return fmt::format(
            "found dispatch in {}; expected bf16, or fp8_e4m3 with an fp32 scale for {} elements, without metadata",
            tokens->dispatch.dtype.name, gpu_scale_block);
    if (!is_plain(tokens->combine, "bf16"))
        return fmt::format("found combine in {}; expected bf16 without scales and metadata", tokens->combine.dtype.name);
    return {};
}

std::string as_flat_workload(const Case& one, const std::vector<std::uint32_t>& popularity, const TokenMatrix& counts) {
    const auto& tokens = std::get<TokenWorkload>(one.workload.traffic);
    std::string text = fmt::format(
        "format tokenyard.workload/1\nname {}\nexperts {}\nexperts_per_token {}\nexpert_groups {}\ngroups_per_token {}\nhidden "
        "{}\n"
        "dispatch {}\ncombine bf16\nplacement contiguous\nseed {}\nranks_per_node {}\ntokens_per_rank {}\npopularity {}\n",
        one.workload.name, tokens.model.experts, tokens.model.experts_per_token, tokens.model.expert_groups,
        tokens.model.groups_per_token, tokens.model.hidden, is_fp8(tokens.dispatch) ? "fp8_e4m3_scales_128" : "bf16",
        one.workload.seed, one.cluster.groups.front().node.gpus, fmt::join(tokens.tokens_per_rank, " "),
        fmt::join(popularity, " "));
    for (int rank = 0; rank < counts.copies.rows(); ++rank)
        fmt::format_to(std::back_inserter(text), "copies {}\n", fmt::join(counts.copies.row(rank), " "));
    return text;
}

}  // namespace tokenyard
