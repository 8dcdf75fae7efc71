// SPDX-License-Identifier: Apache-2.0
#include "support/fabrics.hpp"

#include <algorithm>
#include <stdexcept>

namespace tokenyard {

Names names_on_route(const Fabric& fabric, int source, int destination, int lane, std::uint32_t flow) {
    std::vector<LinkId> route;
    fabric.append_route(source, destination, lane, flow, route);
    Names names;
    for (const LinkId link : route) names.push_back(fabric.links[link].name);
    return names;
}

const Link& link_named(const Fabric& fabric, const std::string& name) {
    const auto found =
        std::find_if(fabric.links.begin(), fabric.links.end(), [&](const Link& link) { return link.name == name; });
    if (found == fabric.links.end()) throw std::logic_error("no link is called " + name);
    return *found;
}

double capacity_of(const Fabric& fabric, const std::string& name) {
    return in_gigabytes_per_second(link_named(fabric, name).capacity);
}

}  // namespace tokenyard
