#include "input/calibration_reader.hpp"

#include "input/values.hpp"

#include <array>

namespace tokenyard {
namespace {

constexpr std::array<std::string_view, 10> calibration_top_keys{"name", "description", "base",        "sources",  "nccl",
                                                                "mpi",  "two_level",   "low_latency", "balanced", "compute"};

constexpr long most_channels = 64;  // NCCL's MAXCHANNELS
constexpr long most_sms = 1024;
constexpr double least_share = 0.001;  // below it somebody slipped

Seconds time_of(const StrictMap& map, std::string_view key) { return time_value(*map.required(key)); }

/// A rate that may be left out: then there is no such limit.
Bandwidth rate_of(const StrictMap& map, std::string_view key) {
    const YamlPtr rate = map.optional(key);
    return rate ? bandwidth_value(*rate) : Bandwidth{};
}

/// All of it when left out.
double efficiency_of(const StrictMap& map, std::string_view key) {
    const YamlPtr part = map.optional(key);
    return part ? number_value(*part, least_share, 1) : 1;
}

NcclCosts nccl_from(const YamlPtr& yaml) {
    const StrictMap map(yaml, "nccl",
                        {"version", "launch", "per_peer", "nvlink_latency", "network_latency", "ll_latency", "chunk_overhead",
                         "warp_rate", "connection_rate", "ll_warp_rate", "receive_warp_rate", "lone_work_efficiency",
                         "search_channels", "pxn", "copy_engines"});
    NcclCosts costs;
    costs.launch = time_of(map, "launch");
    costs.per_peer = time_of(map, "per_peer");
    costs.nvlink_latency = time_of(map, "nvlink_latency");
    costs.network_latency = time_of(map, "network_latency");
    costs.ll_latency = time_of(map, "ll_latency");
    costs.chunk_overhead = time_of(map, "chunk_overhead");
    costs.warp_rate = rate_of(map, "warp_rate");
    costs.connection_rate = rate_of(map, "connection_rate");
    costs.ll_warp_rate = rate_of(map, "ll_warp_rate");
    costs.receive_warp_rate = rate_of(map, "receive_warp_rate");
    costs.lone_work_efficiency = efficiency_of(map, "lone_work_efficiency");
    if (const YamlPtr version = map.optional("version"))
        costs.chooses_ll_by_channels = word_value(*version, {"2.28", "2.29"}) == 1;
    if (const YamlPtr channels = map.optional("search_channels"))
        costs.search_channels = static_cast<int>(count_value(*channels, 1, most_channels));
    costs.pxn = word_value(*map.required("pxn"), {"no", "yes"}) == 1;
    costs.copy_engines = word_value(*map.required("copy_engines"), {"no", "yes"}) == 1;
    return costs;
}

MpiCosts mpi_from(const YamlPtr& yaml) {
    const StrictMap map(yaml, "mpi", {"overhead", "eager_limit"});
    return {time_of(map, "overhead"), size_value(*map.required("eager_limit"), true)};
}

TwoLevelCosts two_level_from(const YamlPtr& yaml) {
    const StrictMap map(yaml, "two_level",
                        {"launch", "sms", "sm_rate", "chunk_tokens", "chunk_overhead", "combine_launch", "combine_sm_rate",
                         "forward_sm_rate", "combine_forward_sm_rate", "nvlink_efficiency"});
    TwoLevelCosts costs;
    costs.launch = time_of(map, "launch");
    const YamlPtr sms = map.required("sms");
    costs.sms = static_cast<int>(count_value(*sms, 2, most_sms));
    if (costs.sms % 2 != 0) refuse(*sms, "an even number: half of them send, half receive");
    costs.sm_rate = rate_of(map, "sm_rate");
    costs.chunk_tokens = static_cast<int>(count_value(*map.required("chunk_tokens"), 1, 1 << 20));
    costs.chunk_overhead = time_of(map, "chunk_overhead");
    if (const YamlPtr launch = map.optional("combine_launch")) costs.combine_launch = time_value(*launch);
    if (const YamlPtr rate = map.optional("combine_sm_rate")) costs.combine_sm_rate = bandwidth_value(*rate);
    if (const YamlPtr rate = map.optional("forward_sm_rate")) costs.forward_sm_rate = bandwidth_value(*rate);
    if (const YamlPtr rate = map.optional("combine_forward_sm_rate")) costs.combine_forward_sm_rate = bandwidth_value(*rate);
    costs.nvlink_efficiency = efficiency_of(map, "nvlink_efficiency");
    return costs;
}

LowLatencyCosts low_latency_from(const YamlPtr& yaml) {
    const StrictMap map(yaml, "low_latency",
                        {"launch", "message_overhead", "arrival", "queue_pairs", "network_latency", "copy_rate", "combine_launch",
                         "combine_copy_rate"});
    LowLatencyCosts costs;
    costs.launch = time_of(map, "launch");
    costs.message_overhead = time_of(map, "message_overhead");
    costs.arrival = time_of(map, "arrival");
    costs.queue_pairs = static_cast<int>(count_value(*map.required("queue_pairs"), 1, 64));
    if (const YamlPtr latency = map.optional("network_latency")) costs.network_latency = time_value(*latency);
    costs.copy_rate = rate_of(map, "copy_rate");
    if (const YamlPtr launch = map.optional("combine_launch")) costs.combine_launch = time_value(*launch);
    if (const YamlPtr rate = map.optional("combine_copy_rate")) costs.combine_copy_rate = bandwidth_value(*rate);
    return costs;
}

ComputeCosts compute_from(const YamlPtr& yaml) {
    const StrictMap map(yaml, "compute", {"launch", "gemm_efficiency", "tile_tokens", "memory_efficiency"});
    return {time_of(map, "launch"), number_value(*map.required("gemm_efficiency"), least_share, 1),
            static_cast<int>(count_value(*map.required("tile_tokens"), 1, 1 << 16)),
            number_value(*map.required("memory_efficiency"), least_share, 1)};
}

}  // namespace

std::span<const std::string_view> calibration_keys() { return calibration_top_keys; }

Costs costs_from(const YamlPtr& root) {
    const StrictMap map(root, "the calibration", calibration_top_keys);
    Costs costs;
    costs.name = name_value(*map.required("name"), "name");
    if (const YamlPtr description = map.optional("description")) costs.description = text_value(*description, "description");
    costs.sources = texts_value(*map.required("sources"), "texts that say where the numbers come from");
    costs.nccl = nccl_from(map.required("nccl"));
    costs.mpi = mpi_from(map.required("mpi"));
    costs.two_level = two_level_from(map.required("two_level"));
    costs.low_latency = low_latency_from(map.required("low_latency"));
    costs.balanced = {time_of(StrictMap(map.required("balanced"), "balanced", {"launch"}), "launch")};
    costs.compute = compute_from(map.required("compute"));
    return costs;
}

}  // namespace tokenyard
