// SPDX-License-Identifier: Apache-2.0
#include "moe/route.hpp"
#include "oracle/oracle.hpp"
#include "selftest/trial.hpp"

namespace tokenyard::gpu {
namespace {

/// Popularity falls by `fall` from expert to expert, down to `least`.
std::vector<std::uint32_t> falling_weights(int experts, double fall, std::uint32_t least) {
    std::vector<std::uint32_t> weights;
    double weight = 1e9 * (1 - fall);
    for (int expert = 0; expert < experts; ++expert, weight *= fall)
        weights.push_back(std::max(least, static_cast<std::uint32_t>(weight)));
    return weights;
}

void compare(Trial& trial, const RouterShape& shape, const std::vector<std::uint32_t>& popularity, int rank, int tokens) {
    const std::uint64_t seed = trial.random()();
    const DeviceRouterTable table(make_router_table(shape, popularity));
    const auto copies = static_cast<std::size_t>(tokens) * static_cast<std::size_t>(shape.experts_per_token);
    Guarded<std::int32_t> ids(copies);
    Guarded<float> weights(copies);
    route(table, seed, rank, tokens, ids.get(), weights.get(), trial.stream());
    const oracle::Choices expected = oracle::route(shape, popularity, seed, rank, tokens);
    trial.equal("ids", ids.read(), expected.expert_ids);
    trial.equal("weights", weights.read(), expected.weights);
}

}  // namespace

std::vector<Case> route_cases() {
    std::vector<Case> cases;
    const auto add = [&](const char* name, RouterShape shape, std::vector<std::uint32_t> popularity, int rank, int tokens,
                         bool is_large = false) {
        cases.push_back({"route", name, is_large, [=](Trial& trial) { compare(trial, shape, popularity, rank, tokens); }});
    };
    add("8 of 256, 300 tokens", {256, 8, 1, 1}, uniform_weights(256), 3, 300);
    add("8 of 256 in 4 of 8 groups, 300 tokens", {256, 8, 8, 4}, uniform_weights(256), 31, 300);
    add("8 of 256 in 4 of 8 groups, 20000 tokens", {256, 8, 8, 4}, falling_weights(256, 0.97, 1), 7, 20000, true);
    add("steep popularity: draws from the rest", {64, 8, 1, 1}, falling_weights(64, 0.25, 1), 0, 200);
    add("steep popularity in 2 of 16 groups", {64, 8, 16, 2}, falling_weights(64, 0.25, 1), 0, 200);
    add("one expert has all the popularity", {32, 4, 4, 2}, falling_weights(32, 0, 0), 0, 100);
    add("1 of 1", {1, 1, 1, 1}, {7}, 0, 33);
    add("32 of 32", {32, 32, 1, 1}, uniform_weights(32), 65535, 40);
    add("8 of 512, 1 token", {512, 8, 1, 1}, uniform_weights(512), 1, 1);
    add("no tokens", {256, 8, 8, 4}, uniform_weights(256), 0, 0);
    add("2 of 65535", {65535, 2, 1, 1}, uniform_weights(65535), 0, 20);
    return cases;
}

}  // namespace tokenyard::gpu
