// SPDX-License-Identifier: Apache-2.0
#include "moe/router_table.hpp"

#include <charconv>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string_view>

namespace tokenyard::gpu {
namespace {

void require(bool holds, const std::string& otherwise) {
    if (!holds) throw std::invalid_argument(otherwise);
}

std::string_view trimmed(std::string_view line) {
    line = line.substr(0, line.find('#'));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

void check(const RouterShape& shape) {
    require(shape.experts >= 1 && shape.experts <= 65535,
            "found " + std::to_string(shape.experts) + " experts; expected 1 to 65535");
    require(shape.experts_per_token >= 1 && shape.experts_per_token <= most_experts_per_token,
            "found " + std::to_string(shape.experts_per_token) + " experts a token; expected 1 to " +
                std::to_string(most_experts_per_token));
    require(shape.expert_groups >= 1 && shape.experts % shape.expert_groups == 0,
            "found " + std::to_string(shape.expert_groups) + " expert groups; expected a divisor of the " +
                std::to_string(shape.experts) + " experts");
    require(shape.groups_per_token >= 1 && shape.groups_per_token <= shape.expert_groups,
            "found " + std::to_string(shape.groups_per_token) + " groups a token; expected 1 to " +
                std::to_string(shape.expert_groups));
    const int reachable = shape.experts / shape.expert_groups * shape.groups_per_token;
    require(shape.experts_per_token <= reachable, "found " + std::to_string(shape.experts_per_token) +
                                                      " experts a token; expected at most the " + std::to_string(reachable) +
                                                      " in the groups of a token");
}

RouterTable make_router_table(const RouterShape& shape, const std::vector<std::uint32_t>& weights) {
    check(shape);
    require(weights.size() == static_cast<std::size_t>(shape.experts), "found " + std::to_string(weights.size()) +
                                                                           " weights; expected one for each of the " +
                                                                           std::to_string(shape.experts) + " experts");
    const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    require(total > 0 && total < std::uint64_t{1} << 32,
            "found weights that sum to " + std::to_string(total) + "; expected more than 0 and less than 2^32");
    RouterTable table{shape, weights, {}};
    std::uint64_t sum = 0;
    for (const std::uint32_t weight : weights) {
        table.thresholds.push_back((sum << 32) / total);
        sum += weight;
    }
    table.thresholds.push_back(std::uint64_t{1} << 32);
    return table;
}

// The simulator scales shares to room = 2^32 - 1 - 2 E, each to the nearest whole number. The order of operations is part of the
// result; each is exact or correctly rounded on every machine (the build forbids fused multiply-add).
std::vector<std::uint32_t> uniform_weights(int experts) {
    const double room = 4294967295.0 - 2.0 * experts;
    const double scaled = std::floor(1.0 / experts * room + 0.5);
    return std::vector<std::uint32_t>(static_cast<std::size_t>(experts), static_cast<std::uint32_t>(scaled));
}

std::vector<std::uint32_t> weights_from_text(const std::string& text, const std::string& name) {
    std::vector<std::uint32_t> weights;
    std::string_view rest = text;
    for (int number = 1; !rest.empty(); ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty()) continue;
        std::uint32_t weight = 0;
        const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), weight);
        require(error == std::errc{} && stop == line.data() + line.size(), name + ":" + std::to_string(number) +
                                                                               ": error: found '" + std::string(line) +
                                                                               "'; expected a whole number from 0 to 4294967295");
        weights.push_back(weight);
    }
    return weights;
}

}  // namespace tokenyard::gpu
