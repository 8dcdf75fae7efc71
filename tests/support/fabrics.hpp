// SPDX-License-Identifier: Apache-2.0
// A fabric as its tests look at it: by the names of its links.
#pragma once

#include "model/fabric.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard {

using Names = std::vector<std::string>;

Names names_on_route(const Fabric& fabric, int source, int destination, int lane = 0, std::uint32_t flow = 0);

/// Throws when there is none.
const Link& link_named(const Fabric& fabric, const std::string& name);
double capacity_of(const Fabric& fabric, const std::string& name);  // GB/s

}  // namespace tokenyard
