// SPDX-License-Identifier: Apache-2.0
#include "analysis/ecmp.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace tokenyard {

EcmpUse count_collisions(const Fabric& fabric, const Schedule& schedule) {
    EcmpUse use;
    if (fabric.ecmp_groups.empty()) return use;
    std::set<std::tuple<int, int, int, std::uint32_t>> flows;
    std::vector<std::map<LinkId, std::size_t>> flows_on(fabric.ecmp_groups.size());  // of each group
    for (const Step& step : schedule.steps()) {
        if (step.kind != StepKind::transfer) continue;
        const Way ranks(step);
        for (std::size_t i = 0; i + 1 < ranks.size(); ++i) {
            const int lane = step.lane % fabric.lane_count(ranks[i], ranks[i + 1]);
            if (!flows.emplace(ranks[i], ranks[i + 1], lane, step.flow).second) continue;
            const std::vector<EcmpPick> picks = fabric.ecmp_picks(ranks[i], ranks[i + 1], lane, step.flow);
            use.flows += !picks.empty();
            for (const EcmpPick& pick : picks) ++flows_on[pick.group][pick.link];
        }
    }
    for (std::size_t group = 0; group < flows_on.size(); ++group) {
        std::size_t flows_of_group = 0;
        for (const auto& [link, count] : flows_on[group]) flows_of_group += count;
        const std::size_t links = fabric.ecmp_groups[group].links.size(), even = (flows_of_group + links - 1) / links;
        use.links += links;
        for (const auto& [link, count] : flows_on[group]) {
            if (count > even) use.colliding += count - even;
            if (count <= use.fullest) continue;
            use.fullest = count;
            use.fullest_even = even;
            use.fullest_link = fabric.links[link].name;
        }
    }
    return use;
}

}  // namespace tokenyard
