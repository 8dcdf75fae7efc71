// SPDX-License-Identifier: Apache-2.0
#include "moe/layout.hpp"
#include "oracle/oracle.hpp"
#include "selftest/trial.hpp"

#include <numeric>

namespace tokenyard::gpu {
namespace {

void compare(Trial& trial, const Placement& placement, const std::vector<std::int32_t>& ids, int k, int first_expert = 0) {
    const int tokens = static_cast<int>(ids.size()) / k;
    LayoutBuffers buffers(placement, tokens + trial.below(100), k);
    const DeviceArray<std::int32_t> on_device(ids);
    lay_out(buffers, on_device.get(), tokens, first_expert, trial.stream());
    const oracle::Layout expected = oracle::lay_out(placement, ids, k, first_expert);
    const Layout& actual = buffers.layout();
    const auto equal = [&](const char* what, const std::int32_t* start, const std::vector<std::int32_t>& values) {
        trial.equal(what, read_device(start, values.size()), values);
    };
    equal("copies to experts", actual.copies_to_expert, expected.copies_to_expert);
    equal("copies to ranks", actual.copies_to_rank, expected.copies_to_rank);
    equal("copies to nodes", actual.copies_to_node, expected.copies_to_node);
    equal("tokens to ranks", actual.tokens_to_rank, expected.tokens_to_rank);
    equal("tokens to nodes", actual.tokens_to_node, expected.tokens_to_node);
    equal("first rows of experts", actual.first_row_of_expert, expected.first_row_of_expert);
    equal("first rows of ranks", actual.first_row_of_rank, expected.first_row_of_rank);
    equal("first token rows of ranks", actual.first_token_row_of_rank, expected.first_token_row_of_rank);
    equal("rows of copies", actual.row_of_copy, expected.row_of_copy);
    equal("token rows of copies", actual.token_row_of_copy, expected.token_row_of_copy);
}

void compare_arrivals(Trial& trial, int sources, int experts, int most_copies) {
    std::vector<std::int32_t> copies;
    for (int run = 0; run < sources * experts; ++run) copies.push_back(trial.below(3) == 0 ? 0 : trial.below(most_copies + 1));
    const int rows = std::accumulate(copies.begin(), copies.end(), 0);
    const DeviceArray<std::int32_t> on_device(copies);
    Guarded<std::int32_t> first(static_cast<std::size_t>(experts) + 1), row_of_arrival(static_cast<std::size_t>(rows)),
        scratch(2 * copies.size());
    lay_out_arrivals(on_device.get(), sources, experts, rows, first.get(), row_of_arrival.get(), scratch.get(), trial.stream());
    const oracle::Arrivals expected = oracle::lay_out_arrivals(copies, sources, experts);
    trial.equal("first rows of experts", first.read(), expected.first_row_of_expert);
    trial.equal("rows of arrivals", row_of_arrival.read(), expected.row_of_arrival);
    scratch.read();
}

}  // namespace

std::vector<Case> layout_cases() {
    std::vector<Case> cases;
    const auto add = [&](const char* name, int tokens, int k, Placement placement, double dropped, bool is_large = false) {
        cases.push_back({"layout", name, is_large, [=](Trial& trial) {
                             compare(trial, placement, trial.expert_ids(tokens, k, placement.experts(), dropped), k);
                         }});
    };
    add("8 of 256 on 32 ranks, 4 nodes", 500, 8, contiguous_placement(256, 32, 8), 0);
    add("8 of 256 on 32 ranks, a tenth dropped", 500, 8, contiguous_placement(256, 32, 8), 0.1);
    add("8 of 512 on 64 ranks, 20000 tokens", 20000, 8, contiguous_placement(512, 64, 8), 0.01, true);
    add("8 of 288 on 7 ranks of unequal size", 333, 8, contiguous_placement(288, 7, 3), 0.05);
    add("ranks without experts", 100, 3, {{0, 0, 5, 5, 9, 9}, {0, 0, 1, 2, 2}}, 0.1);
    add("1 of 1 on 1 rank", 77, 1, contiguous_placement(1, 1, 1), 0);
    add("32 of 40 on 5 ranks", 60, 32, contiguous_placement(40, 5, 2), 0.2);
    add("all dropped", 60, 4, contiguous_placement(16, 4, 2), 1);
    add("1 token", 1, 8, contiguous_placement(256, 32, 8), 0);
    add("no tokens", 0, 8, contiguous_placement(256, 32, 8), 0);
    cases.push_back({"layout", "one expert takes all", false, [](Trial& trial) {
                         compare(trial, contiguous_placement(64, 8, 4), std::vector<std::int32_t>(1000, 37), 1);
                     }});
    cases.push_back({"layout", "experts of others left out by a receiver", false,
                     [](Trial& trial) { compare(trial, contiguous_placement(8, 1, 1), trial.expert_ids(300, 8, 64), 8, 24); }});
    cases.push_back({"arrivals", "32 sources, 8 experts", false, [](Trial& trial) { compare_arrivals(trial, 32, 8, 9); }});
    cases.push_back({"arrivals", "1 source, 1 expert", false, [](Trial& trial) { compare_arrivals(trial, 1, 1, 50); }});
    cases.push_back({"arrivals", "nothing arrives", false, [](Trial& trial) { compare_arrivals(trial, 4, 4, 0); }});
    cases.push_back({"arrivals", "100 sources, 30 experts", false, [](Trial& trial) { compare_arrivals(trial, 100, 30, 3); }});
    return cases;
}

}  // namespace tokenyard::gpu
