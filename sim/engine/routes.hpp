// SPDX-License-Identifier: Apache-2.0
// The links of every step.
#pragma once

#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tokenyard {

/// One after another in flat arrays. A link that stands twice carries a step's bytes twice.
struct Routes {
    std::vector<std::uint32_t> first{0};  // of each step in `links`, and the total at the end
    std::vector<LinkId> links;
    std::vector<Seconds> latency;  // of each step

    std::span<const LinkId> of(std::size_t step) const {
        return std::span(links).subspan(first[step], first[step + 1] - first[step]);
    }
};

Routes resolve_routes(const Fabric& fabric, const Schedule& schedule);

}  // namespace tokenyard
