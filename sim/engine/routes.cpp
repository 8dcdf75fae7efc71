#include "engine/routes.hpp"

namespace tokenyard {
namespace {

/// Appends the links between GPUs and gives their latency.
Seconds append_way(const Fabric& fabric, const Step& step, std::vector<LinkId>& links) {
    const std::vector<int> ranks = ranks_on_way(step);
    Seconds latency;
    for (std::size_t i = 0; i + 1 < ranks.size(); ++i) {
        const int lanes = fabric.lane_count(ranks[i], ranks[i + 1]);
        latency += fabric.append_route(ranks[i], ranks[i + 1], step.lane % lanes, step.flow, links);
    }
    return latency;
}

void append_memory(const Fabric& fabric, int rank, int times, std::vector<LinkId>& links) {
    const LinkId memory = fabric.gpus[static_cast<std::size_t>(rank)].memory;
    if (memory != no_link) links.insert(links.end(), static_cast<std::size_t>(times), memory);
}

}  // namespace

Routes resolve_routes(const Fabric& fabric, const Schedule& schedule) {
    Routes routes;
    routes.first.push_back(0);
    for (const Step& step : schedule.steps()) {
        const Seconds latency = append_way(fabric, step, routes.links);
        routes.latency.push_back(step.continues ? Seconds{} : latency);
        append_memory(fabric, step.source, step.kind == StepKind::local ? 1 : step.source_memory, routes.links);
        append_memory(fabric, step.destination, step.destination_memory, routes.links);
        for (const LinkId resource : step.resources)
            if (resource != no_link) routes.links.push_back(resource);
        routes.first.push_back(static_cast<std::uint32_t>(routes.links.size()));
    }
    return routes;
}

}  // namespace tokenyard
