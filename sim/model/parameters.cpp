#include "model/parameters.hpp"

#include "model/sm_rates.hpp"

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

template <auto Group, auto Member>
constexpr Parameter quantity(std::string_view name, ParameterUnit unit) {
    return {name, unit, [](const Costs& costs) { return (costs.*Group.*Member).si; },
            [](Costs& costs, double value) { (costs.*Group.*Member).si = value; }};
}

template <auto Group, auto Member>
constexpr Parameter part(std::string_view name) {
    return {name, ParameterUnit::part, [](const Costs& costs) { return costs.*Group.*Member; },
            [](Costs& costs, double value) { costs.*Group.*Member = value; }};
}

/// What may be left out, and is then as another.
template <auto Group, auto Member, auto Otherwise>
constexpr Parameter own(std::string_view name, ParameterUnit unit) {
    return {name, unit, [](const Costs& costs) { return (costs.*Group.*Member).value_or(costs.*Group.*Otherwise).si; },
            [](Costs& costs, double value) { (costs.*Group.*Member).emplace().si = value; }};
}

/// A rate that may be left out, and is then what InEffect gives.
template <auto Member, auto InEffect>
constexpr Parameter own_sm_rate(std::string_view name) {
    return {name, ParameterUnit::bytes_per_second, [](const Costs& costs) { return InEffect(costs.two_level).si; },
            [](Costs& costs, double value) { (costs.two_level.*Member).emplace().si = value; }};
}

constexpr ParameterUnit time = ParameterUnit::seconds, rate = ParameterUnit::bytes_per_second;

constexpr std::array table{
    quantity<&Costs::nccl, &NcclCosts::launch>("nccl.launch", time),
    quantity<&Costs::nccl, &NcclCosts::per_peer>("nccl.per_peer", time),
    quantity<&Costs::nccl, &NcclCosts::nvlink_latency>("nccl.nvlink_latency", time),
    quantity<&Costs::nccl, &NcclCosts::network_latency>("nccl.network_latency", time),
    quantity<&Costs::nccl, &NcclCosts::ll_latency>("nccl.ll_latency", time),
    quantity<&Costs::nccl, &NcclCosts::chunk_overhead>("nccl.chunk_overhead", time),
    quantity<&Costs::nccl, &NcclCosts::warp_rate>("nccl.warp_rate", rate),
    quantity<&Costs::nccl, &NcclCosts::connection_rate>("nccl.connection_rate", rate),
    quantity<&Costs::nccl, &NcclCosts::ll_warp_rate>("nccl.ll_warp_rate", rate),
    quantity<&Costs::nccl, &NcclCosts::receive_warp_rate>("nccl.receive_warp_rate", rate),
    part<&Costs::nccl, &NcclCosts::lone_work_efficiency>("nccl.lone_work_efficiency"),
    quantity<&Costs::mpi, &MpiCosts::overhead>("mpi.overhead", time),
    quantity<&Costs::two_level, &TwoLevelCosts::launch>("two_level.launch", time),
    quantity<&Costs::two_level, &TwoLevelCosts::sm_rate>("two_level.sm_rate", rate),
    quantity<&Costs::two_level, &TwoLevelCosts::chunk_overhead>("two_level.chunk_overhead", time),
    own<&Costs::two_level, &TwoLevelCosts::combine_launch, &TwoLevelCosts::launch>("two_level.combine_launch", time),
    own_sm_rate<&TwoLevelCosts::combine_sm_rate, &combine_sm_rate>("two_level.combine_sm_rate"),
    own_sm_rate<&TwoLevelCosts::forward_sm_rate, &forward_sm_rate>("two_level.forward_sm_rate"),
    own_sm_rate<&TwoLevelCosts::combine_forward_sm_rate, &combine_forward_sm_rate>("two_level.combine_forward_sm_rate"),
    part<&Costs::two_level, &TwoLevelCosts::nvlink_efficiency>("two_level.nvlink_efficiency"),
    quantity<&Costs::low_latency, &LowLatencyCosts::launch>("low_latency.launch", time),
    quantity<&Costs::low_latency, &LowLatencyCosts::message_overhead>("low_latency.message_overhead", time),
    quantity<&Costs::low_latency, &LowLatencyCosts::arrival>("low_latency.arrival", time),
    quantity<&Costs::low_latency, &LowLatencyCosts::network_latency>("low_latency.network_latency", time),
    quantity<&Costs::low_latency, &LowLatencyCosts::copy_rate>("low_latency.copy_rate", rate),
    own<&Costs::low_latency, &LowLatencyCosts::combine_launch, &LowLatencyCosts::launch>("low_latency.combine_launch", time),
    own<&Costs::low_latency, &LowLatencyCosts::combine_copy_rate, &LowLatencyCosts::copy_rate>("low_latency.combine_copy_rate",
                                                                                               rate),
    quantity<&Costs::balanced, &BalancedCosts::launch>("balanced.launch", time),
    quantity<&Costs::compute, &ComputeCosts::launch>("compute.launch", time),
    part<&Costs::compute, &ComputeCosts::gemm_efficiency>("compute.gemm_efficiency"),
    part<&Costs::compute, &ComputeCosts::memory_efficiency>("compute.memory_efficiency"),
};

}  // namespace

std::span<const Parameter> parameters() { return table; }

const Parameter* find_parameter(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Parameter::name);
    return found == table.end() ? nullptr : &*found;
}

}  // namespace tokenyard
