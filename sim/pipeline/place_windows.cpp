// SPDX-License-Identifier: Apache-2.0
#include "pipeline/place.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tokenyard {
namespace {

/// All tokens, without the router's scores: times do not depend on them.
Routing stored(const Tokens& tokens) {
    Routing routing{tokens.experts(), tokens.experts_per_token(), tokens.first_token(), {}, {}};
    std::vector<std::uint16_t> room;
    for (int rank = 0; rank < tokens.rank_count(); ++rank) {
        const std::span<const std::uint16_t> experts = tokens.experts_of(rank, 0, tokens.count(rank), room);
        routing.expert_ids.insert(routing.expert_ids.end(), experts.begin(), experts.end());
    }
    routing.weights.assign(routing.expert_ids.size(), 1.0F / static_cast<float>(routing.experts_per_token));
    return routing;
}

Routing cut(const Routing& whole, WindowPart part) {
    Routing routing{whole.experts, whole.experts_per_token, {0}, {}, {}};
    const auto k = static_cast<std::size_t>(whole.experts_per_token);
    for (std::size_t rank = 0; rank + 1 < whole.first_token.size(); ++rank) {
        const double count = whole.first_token[rank + 1] - whole.first_token[rank];
        const auto at = [&](double place) {
            return whole.first_token[rank] + static_cast<std::uint32_t>(std::floor(count * place));
        };
        const auto from = static_cast<std::ptrdiff_t>(at(part.begin) * k), to = static_cast<std::ptrdiff_t>(at(part.end) * k);
        routing.expert_ids.insert(routing.expert_ids.end(), whole.expert_ids.begin() + from, whole.expert_ids.begin() + to);
        routing.weights.insert(routing.weights.end(), whole.weights.begin() + from, whole.weights.begin() + to);
        routing.first_token.push_back(static_cast<std::uint32_t>(routing.expert_ids.size() / k));
    }
    return routing;
}

std::string name_of(WindowPart part) {
    return fmt::format("{:g}% to {:g}% of each rank's tokens", part.begin * 100, part.end * 100);
}

}  // namespace

PlacementWindows windows_of(const Case& one, std::optional<WindowPart> planned, std::optional<WindowPart> next) {
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    const auto* trace = std::get_if<TraceRouting>(&workload.routing);
    if (!trace) {
        const std::uint64_t seed = one.workload.seed;
        return {stored(Tokens(workload, seed)), stored(Tokens(workload, popularity_of(one), seed + 1)),
                fmt::format("tokens of seed {}", seed), fmt::format("tokens of seed {}, of the same popularity", seed + 1)};
    }
    if (!planned) planned = WindowPart{0, 0.5};
    if (!next && planned->end < 1) next = WindowPart{planned->end, 1};
    PlacementWindows windows{cut(trace->routing, *planned), {}, name_of(*planned), {}};
    if (next) {
        windows.next = cut(trace->routing, *next);
        windows.next_is = name_of(*next);
    }
    return windows;
}

}  // namespace tokenyard
