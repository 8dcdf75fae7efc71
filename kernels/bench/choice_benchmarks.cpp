// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.hpp"
#include "bench/fill.hpp"
#include "moe/gate_topk.hpp"
#include "moe/layout.hpp"
#include "moe/route.hpp"
#include "oracle/oracle.hpp"

#include <algorithm>

namespace tokenyard::gpu {
namespace {

constexpr int checked_tokens = 200;
constexpr std::uint64_t bench_seed = 1;
constexpr int ranks_per_node = 8;

struct Choices {
    DeviceArray<std::int32_t> ids;
    DeviceArray<float> weights;
};

double copies_of(const BenchShape& shape) { return static_cast<double>(shape.tokens) * shape.experts_per_token; }
std::size_t copy_count(const BenchShape& shape) {
    return static_cast<std::size_t>(shape.tokens) * static_cast<std::size_t>(shape.experts_per_token);
}
RouterShape router_of(const BenchShape& shape) { return {shape.experts, shape.experts_per_token, 1, 1}; }

/// The first tokens' ids must be the oracle's.
bool has_ids(const DeviceArray<std::int32_t>& ids, const std::vector<std::int32_t>& expected) {
    return std::equal(expected.begin(), expected.end(), ids.to_host().begin());
}

Workbench make_route(const BenchShape& shape, int sets, const Stream&) {
    const auto table = std::make_shared<DeviceRouterTable>(make_router_table(router_of(shape), uniform_weights(shape.experts)));
    const auto outputs = std::make_shared<std::vector<Choices>>();
    for (int set = 0; set < sets; ++set)
        outputs->push_back({DeviceArray<std::int32_t>(copy_count(shape)), DeviceArray<float>(copy_count(shape))});
    return {8 * copies_of(shape),
            [=](int set, cudaStream_t stream) {
                Choices& into = (*outputs)[static_cast<std::size_t>(set)];
                route(*table, bench_seed, set, shape.tokens, into.ids.get(), into.weights.get(), stream);
            },
            [=] {
                const int tokens = std::min(checked_tokens, shape.tokens);
                const oracle::Choices expected =
                    oracle::route(router_of(shape), uniform_weights(shape.experts), bench_seed, 0, tokens);
                return has_ids(outputs->front().ids, expected.expert_ids);
            }};
}

template <class Logit>
Workbench make_gate(const BenchShape& shape, int sets, const Stream& stream) {
    const std::size_t logits = static_cast<std::size_t>(shape.tokens) * static_cast<std::size_t>(shape.experts);
    const GateShape gate{router_of(shape), Scores::softmax, true, 1};
    const auto inputs = std::make_shared<std::vector<DeviceArray<Logit>>>();
    const auto outputs = std::make_shared<std::vector<Choices>>();
    for (int set = 0; set < sets; ++set) {
        inputs->emplace_back(logits);
        fill_random(inputs->back().get(), logits, static_cast<std::uint32_t>(set), stream.get());
        outputs->push_back({DeviceArray<std::int32_t>(copy_count(shape)), DeviceArray<float>(copy_count(shape))});
    }
    return {static_cast<double>(logits * sizeof(Logit)) + 8 * copies_of(shape),
            [=](int set, cudaStream_t on) {
                Choices& into = (*outputs)[static_cast<std::size_t>(set)];
                gate_topk(gate, (*inputs)[static_cast<std::size_t>(set)].get(), nullptr, shape.tokens, into.ids.get(),
                          into.weights.get(), on);
            },
            [=] {
                std::vector<float> values;
                for (const Logit logit : inputs->front().to_host())
                    if constexpr (std::is_same_v<Logit, float>) values.push_back(logit);
                    else values.push_back(as_float(logit));
                return has_ids(outputs->front().ids,
                               oracle::gate_topk(gate, values, {}, std::min(checked_tokens, shape.tokens)).expert_ids);
            }};
}

Workbench make_layout(const BenchShape& shape, int sets, const Stream& stream) {
    const Placement placement = contiguous_placement(shape.experts, shape.ranks, ranks_per_node);
    const DeviceRouterTable table(make_router_table(router_of(shape), uniform_weights(shape.experts)));
    const auto inputs = std::make_shared<std::vector<Choices>>();
    const auto buffers = std::make_shared<std::vector<std::unique_ptr<LayoutBuffers>>>();
    for (int set = 0; set < sets; ++set) {
        inputs->push_back({DeviceArray<std::int32_t>(copy_count(shape)), DeviceArray<float>(copy_count(shape))});
        route(table, bench_seed, set, shape.tokens, inputs->back().ids.get(), inputs->back().weights.get(), stream.get());
        buffers->push_back(std::make_unique<LayoutBuffers>(placement, shape.tokens, shape.experts_per_token));
    }
    stream.wait();  // before the table goes
    return {16 * copies_of(shape),
            [=](int set, cudaStream_t on) {
                const auto at = static_cast<std::size_t>(set);
                lay_out(*(*buffers)[at], (*inputs)[at].ids.get(), shape.tokens, 0, on);
            },
            [=] {
                const oracle::Layout expected =
                    oracle::lay_out(placement, inputs->front().ids.to_host(), shape.experts_per_token, 0);
                return read_device(buffers->front()->layout().row_of_copy, expected.row_of_copy.size()) == expected.row_of_copy;
            }};
}

}  // namespace

std::vector<Benchmark> choice_benchmarks() {
    const auto choices = [](const BenchShape& shape) { return 8 * copies_of(shape); };
    const auto logits = [](const BenchShape& shape) { return static_cast<double>(shape.tokens) * shape.experts; };
    return {{"route", "8 C: ids and weights written", choices, make_route},
            {"gate_topk_fp32", "4 T E + 8 C: logits read, ids and weights written",
             [=](const BenchShape& shape) { return 4 * logits(shape) + choices(shape); }, make_gate<float>},
            {"gate_topk_bf16", "2 T E + 8 C: logits read, ids and weights written",
             [=](const BenchShape& shape) { return 2 * logits(shape) + choices(shape); }, make_gate<Bf16>},
            {"layout", "16 C: ids read twice, two rows a copy written; three launches",
             [=](const BenchShape& shape) { return 2 * choices(shape); }, make_layout}};
}

}  // namespace tokenyard::gpu
