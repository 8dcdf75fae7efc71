// SPDX-License-Identifier: Apache-2.0
// The kernels in the order in which an exchange uses them, with several ranks on one device and the host as the network.
#include "moe/combine.hpp"
#include "moe/layout.hpp"
#include "moe/permute.hpp"
#include "moe/route.hpp"
#include "selftest/trial.hpp"

#include <cmath>

namespace tokenyard::gpu {
namespace {

struct Plan {
    RouterShape router;
    int ranks, tokens, hidden;
};

/// One rank's device memory and what the host knows of it.
struct Rank {
    std::vector<Bf16> tokens, sent;
    std::vector<float> weights;
    std::vector<std::int32_t> copies_to_expert, row_of_copy;
    std::vector<Bf16> returned;  // in the order of `sent`
};

Rank dispatch(Trial& trial, const Plan& plan, const Placement& placement, const DeviceRouterTable& table, std::uint64_t seed,
              int rank) {
    const auto k = static_cast<std::size_t>(plan.router.experts_per_token), tokens = static_cast<std::size_t>(plan.tokens);
    Guarded<std::int32_t> ids(tokens * k);
    Guarded<float> weights(tokens * k);
    route(table, seed, rank, plan.tokens, ids.get(), weights.get(), trial.stream());
    LayoutBuffers buffers(placement, plan.tokens, plan.router.experts_per_token);
    lay_out(buffers, ids.get(), plan.tokens, 0, trial.stream());
    Rank one;
    one.tokens = trial.bf16_normals(tokens * static_cast<std::size_t>(plan.hidden));
    const DeviceArray<Bf16> on_device(one.tokens);
    Guarded<Bf16> packed(tokens * k * static_cast<std::size_t>(plan.hidden));
    permute(on_device.get(), buffers.layout().row_of_copy, plan.tokens, plan.router.experts_per_token, plan.hidden, packed.get(),
            trial.stream());
    one.sent = packed.read();
    one.weights = weights.read();
    one.copies_to_expert = read_device(buffers.layout().copies_to_expert, static_cast<std::size_t>(placement.experts()));
    one.row_of_copy = read_device(buffers.layout().row_of_copy, tokens * k);
    one.returned = poisoned<Bf16>(one.sent.size());
    return one;
}

/// Where a rank's rows for an expert begin in its send buffer, in elements.
std::ptrdiff_t first_element(const Rank& rank, int expert, int hidden) {
    std::ptrdiff_t rows = 0;
    for (int other = 0; other < expert; ++other) rows += rank.copies_to_expert[static_cast<std::size_t>(other)];
    return rows * hidden;
}

/// What `destination` receives goes through identity experts, in their order, and back to where it came from.
void visit_experts(Trial& trial, const Plan& plan, const Placement& placement, std::vector<Rank>& ranks,
                   std::size_t destination) {
    const int first = placement.first_expert_of_rank[destination], end = placement.first_expert_of_rank[destination + 1];
    std::vector<Bf16> arrived;
    std::vector<std::int32_t> copies;
    for (const Rank& source : ranks) {
        copies.insert(copies.end(), source.copies_to_expert.begin() + first, source.copies_to_expert.begin() + end);
        arrived.insert(arrived.end(), source.sent.begin() + first_element(source, first, plan.hidden),
                       source.sent.begin() + first_element(source, end, plan.hidden));
    }
    const auto rows = arrived.size() / static_cast<std::size_t>(plan.hidden);
    const DeviceArray<Bf16> on_device(arrived);
    const DeviceArray<std::int32_t> copies_on_device(copies);
    Guarded<std::int32_t> first_row(static_cast<std::size_t>(end - first) + 1), row_of_arrival(rows), scratch(2 * copies.size());
    Guarded<Bf16> ordered(arrived.size()), returning(arrived.size());
    lay_out_arrivals(copies_on_device.get(), plan.ranks, end - first, static_cast<int>(rows), first_row.get(),
                     row_of_arrival.get(), scratch.get(), trial.stream());
    unpermute(on_device.get(), row_of_arrival.get(), static_cast<int>(rows), plan.hidden, ordered.get(), trial.stream());
    restore_arrival_order(ordered.get(), row_of_arrival.get(), static_cast<int>(rows), plan.hidden, returning.get(),
                          trial.stream());
    const std::vector<Bf16> back = returning.read();
    auto from = back.begin();
    for (Rank& source : ranks) {
        const std::ptrdiff_t start = first_element(source, first, plan.hidden), stop = first_element(source, end, plan.hidden);
        std::copy(from, from + (stop - start), source.returned.begin() + start);
        from += stop - start;
    }
}

/// With identity experts every token comes back times the sum of its weights.
void compare(Trial& trial, const Plan& plan) {
    const Placement placement = contiguous_placement(plan.router.experts, plan.ranks, 2);
    const DeviceRouterTable table(make_router_table(plan.router, uniform_weights(plan.router.experts)));
    const std::uint64_t seed = trial.random()();
    std::vector<Rank> ranks;
    for (int rank = 0; rank < plan.ranks; ++rank) ranks.push_back(dispatch(trial, plan, placement, table, seed, rank));
    for (std::size_t destination = 0; destination < ranks.size(); ++destination)
        visit_experts(trial, plan, placement, ranks, destination);
    std::vector<float> actual;
    std::vector<double> expected, tolerated;
    const auto k = static_cast<std::size_t>(plan.router.experts_per_token);
    for (const Rank& rank : ranks) {
        const DeviceArray<Bf16> returned(rank.returned);
        const DeviceArray<std::int32_t> rows(rank.row_of_copy);
        const DeviceArray<float> weights(rank.weights);
        Guarded<Bf16> combined(rank.tokens.size());
        combine(returned.get(), rows.get(), weights.get(), plan.tokens, plan.router.experts_per_token, plan.hidden,
                combined.get(), trial.stream());
        for (const Bf16 value : combined.read()) actual.push_back(as_float(value));
        for (std::size_t i = 0; i < rank.tokens.size(); ++i) {
            double sum = 0;
            for (std::size_t copy = 0; copy < k; ++copy)
                sum += static_cast<double>(rank.weights[i / static_cast<std::size_t>(plan.hidden) * k + copy]);
            expected.push_back(sum * static_cast<double>(as_float(rank.tokens[i])));
            tolerated.push_back(std::ldexp(std::abs(expected.back()), -8));  // bf16's rounding, and fp32's far below it
        }
    }
    trial.within("token times sum of weights", actual, expected, tolerated);
}

}  // namespace

std::vector<Case> exchange_cases() {
    std::vector<Case> cases;
    const auto add = [&](const char* name, Plan plan, bool is_large = false) {
        cases.push_back({"all", name, is_large, [=](Trial& trial) { compare(trial, plan); }});
    };
    add("4 ranks, 8 of 32 in 2 of 4 groups, hidden 256", {{32, 8, 4, 2}, 4, 30, 256});
    add("3 ranks, 4 of 16, hidden 100", {{16, 4, 1, 1}, 3, 20, 100});
    add("1 rank, 1 of 1", {{1, 1, 1, 1}, 1, 10, 64});
    add("8 ranks, 8 of 256 in 4 of 8 groups, hidden 7168", {{256, 8, 8, 4}, 8, 256, 7168}, true);
    return cases;
}

}  // namespace tokenyard::gpu
