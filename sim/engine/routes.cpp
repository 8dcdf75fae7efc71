// SPDX-License-Identifier: Apache-2.0
#include "engine/routes.hpp"

namespace tokenyard {

Routes resolve_routes(const Fabric& fabric, const Schedule& schedule) {
    Routes routes;
    for (const Step& step : schedule.steps()) {
        routes.latency.push_back(append_links(fabric, step, routes.links));
        routes.first.push_back(static_cast<std::uint32_t>(routes.links.size()));
    }
    return routes;
}

}  // namespace tokenyard
