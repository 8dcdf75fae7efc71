// SPDX-License-Identifier: Apache-2.0
// Links as they are added, and as people name them.
#pragma once

#include "model/fabric.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// Appends a link and gives its id.
LinkId add_link(Fabric& fabric, std::string name, LinkKind kind, Bandwidth capacity, Seconds latency);

/// The links whose name fits `pattern`, in which `*` stands for any run of characters but '/', none included.
std::vector<LinkId> links_named(const Fabric& fabric, std::string_view pattern);

}  // namespace tokenyard
