// SPDX-License-Identifier: Apache-2.0
#include "pipeline/setting.hpp"

#include <algorithm>

namespace tokenyard {
namespace {

/// The library that gives the algorithm's costs, or the calibration that stands in its place.
std::string library_of(const CostOrigins& origins, const Algorithm& algorithm) {
    if (algorithm.costs.empty()) return "";
    const auto group = std::ranges::find(cost_groups(), algorithm.costs, &CostGroup::name) - cost_groups().begin();
    const std::string library = origins.of_groups.empty() ? "" : origins.of_groups[static_cast<std::size_t>(group)];
    return library.empty() ? "calibration " + origins.calibration : library;
}

std::string chip_of(const Case& one) {
    if (!one.origins.chip.empty()) return one.origins.chip;
    const std::optional<FileMention>& chip = one.cluster.groups.front().node.gpu.chip;
    return chip ? chip->name : "nominal";
}

/// What changes the algorithm's costs after the parts: a calibration's name, or "--set". How software is told to work, such as
/// with how many SMs, is no change of them.
std::string calibration_of(const CostOrigins& origins, const Algorithm& algorithm) {
    if (!origins.calibration.empty()) return origins.calibration;
    for (std::size_t i = 0; i < origins.of_costs.size(); ++i)
        if (const CostKey& key = cost_keys()[i];
            key.group == algorithm.costs && can_be_fitted(key) && origins.of_costs[i].starts_with("--set"))
            return "--set";
    return "";
}

struct IsOversubscribed {
    bool operator()(const SingleSwitch&) const { return false; }
    bool operator()(const RailOptimized& network) const { return network.oversubscription > 1; }
    bool operator()(const RailOnly&) const { return false; }
    bool operator()(const FatTree& network) const { return network.oversubscription > 1 || network.pod_oversubscription > 1; }
    bool operator()(const SwitchGraph&) const { return false; }  // its links say what they carry
};

std::string condition_of(const Case& one, const Fabric& fabric, bool leaves_nodes) {
    if (!one.cluster.faults.empty()) return "faults";
    if (!one.cluster.background.empty()) return "other jobs";
    if (!leaves_nodes || !one.cluster.network) return "";
    if (std::visit(IsOversubscribed{}, one.cluster.network->kind)) return "an oversubscribed network";
    return fabric.ecmp_groups.empty() ? "" : "static ECMP";
}

std::string reach_of(const Cluster& cluster, const VolumeByTier& volume) {
    if (volume.scale_out.si > 0) return "network";
    if (volume.scale_up.si == 0) return "none";
    if (cluster.groups.front().node.uses_nics_inside) return "network";
    const std::optional<ScaleUp>& scale_up = cluster.groups.front().node.scale_up;
    if (!scale_up || scale_up->kind == ScaleUpKind::pcie) return "pcie";
    return scale_up->kind == ScaleUpKind::mesh ? "mesh" : "nvswitch";
}

/// The shortest time in which links of the fabric alone could carry what they carried.
Seconds time_of_links(const Fabric& fabric, const Phase& phase) {
    Seconds longest;
    for (LinkId link = 0; link < fabric.links.size(); ++link)
        longest = std::max(longest, phase.links[link].carried / phase.links[link].capacity);
    return longest;
}

}  // namespace

Setting setting_of(const Case& one, const Fabric& fabric, const Algorithm& algorithm, const Phase& phase) {
    constexpr double decides = 0.5;  // the same part that validate tells its rows apart by
    Setting setting;
    const Taken taken = algorithm.takes(one.workload.ranks);  // records name the one that ran
    setting.algorithm = taken.algorithm ? taken.algorithm->name : algorithm.name;
    setting.library = library_of(one.origins, algorithm);
    setting.calibration = calibration_of(one.origins, algorithm);
    setting.chip = chip_of(one);
    setting.chip_family = one.origins.chip_family.empty() ? setting.chip : one.origins.chip_family;
    setting.reach = reach_of(one.cluster, phase.volume);
    if (setting.reach == "network") setting.nic = one.origins.nic.empty() ? "nominal" : one.origins.nic;
    setting.condition = condition_of(one, fabric, setting.reach == "network");
    setting.is_combine = phase.name == "combine";
    setting.is_bandwidth_bound = time_of_links(fabric, phase) >= decides * phase.completion;
    setting.ranks = one.workload.ranks;
    setting.nodes = fabric.gpus[static_cast<std::size_t>(one.workload.ranks) - 1].node + 1;
    return setting;
}

}  // namespace tokenyard
