// SPDX-License-Identifier: Apache-2.0
#include "oracle/oracle.hpp"

#include <algorithm>
#include <tuple>

namespace tokenyard::gpu::oracle {
namespace {

struct Copy {
    int rank, expert;
    std::size_t at;  // token x k + position
};

int rank_of(const Placement& placement, int expert) {
    int rank = 0;
    while (placement.first_expert_of_rank[static_cast<std::size_t>(rank) + 1] <= expert) ++rank;
    return rank;
}

/// Sums of the counts before each, and of all.
std::vector<std::int32_t> sums_before(const std::vector<std::int32_t>& counts) {
    std::vector<std::int32_t> sums{0};
    for (const std::int32_t count : counts) sums.push_back(sums.back() + count);
    return sums;
}

}  // namespace

Layout lay_out(const Placement& placement, const std::vector<std::int32_t>& expert_ids, int k, int first_expert) {
    const auto zeros = [](int count) { return std::vector<std::int32_t>(static_cast<std::size_t>(count)); };
    Layout layout{zeros(placement.experts()),
                  zeros(placement.ranks()),
                  zeros(placement.nodes()),
                  zeros(placement.ranks()),
                  zeros(placement.nodes()),
                  {},
                  {},
                  {},
                  std::vector<std::int32_t>(expert_ids.size(), -1),
                  std::vector<std::int32_t>(expert_ids.size(), -1)};
    std::vector<Copy> copies, firsts;  // all, and of each token the first for each rank
    for (std::size_t token = 0; token < expert_ids.size(); token += static_cast<std::size_t>(k)) {
        std::vector<int> ranks, nodes;
        for (std::size_t at = token; at < token + static_cast<std::size_t>(k); ++at) {
            const int expert = expert_ids[at] - first_expert;
            if (expert < 0 || expert >= placement.experts()) continue;
            const int rank = rank_of(placement, expert), node = placement.node_of_rank[static_cast<std::size_t>(rank)];
            copies.push_back({rank, expert, at});
            ++layout.copies_to_expert[static_cast<std::size_t>(expert)];
            ++layout.copies_to_rank[static_cast<std::size_t>(rank)];
            ++layout.copies_to_node[static_cast<std::size_t>(node)];
            if (std::find(ranks.begin(), ranks.end(), rank) == ranks.end()) {
                firsts.push_back({rank, expert, at});
                ++layout.tokens_to_rank[static_cast<std::size_t>(rank)];
            }
            if (std::find(nodes.begin(), nodes.end(), node) == nodes.end())
                ++layout.tokens_to_node[static_cast<std::size_t>(node)];
            ranks.push_back(rank);
            nodes.push_back(node);
        }
    }
    std::sort(copies.begin(), copies.end(),
              [](const Copy& a, const Copy& b) { return std::tie(a.rank, a.expert, a.at) < std::tie(b.rank, b.expert, b.at); });
    std::sort(firsts.begin(), firsts.end(),
              [](const Copy& a, const Copy& b) { return std::tie(a.rank, a.at) < std::tie(b.rank, b.at); });
    for (std::size_t row = 0; row < copies.size(); ++row) layout.row_of_copy[copies[row].at] = static_cast<std::int32_t>(row);
    for (std::size_t row = 0; row < firsts.size(); ++row)
        layout.token_row_of_copy[firsts[row].at] = static_cast<std::int32_t>(row);
    layout.first_row_of_expert = sums_before(layout.copies_to_expert);
    layout.first_row_of_rank = sums_before(layout.copies_to_rank);
    layout.first_token_row_of_rank = sums_before(layout.tokens_to_rank);
    return layout;
}

Arrivals lay_out_arrivals(const std::vector<std::int32_t>& copies, int sources, int experts) {
    struct Row {
        int expert, source;
        std::size_t arrival;
    };
    std::vector<Row> rows;
    std::vector<std::int32_t> of_expert(static_cast<std::size_t>(experts));
    for (int source = 0; source < sources; ++source)
        for (int expert = 0; expert < experts; ++expert) {
            const std::int32_t count = copies[static_cast<std::size_t>(source * experts + expert)];
            of_expert[static_cast<std::size_t>(expert)] += count;
            for (std::int32_t i = 0; i < count; ++i) rows.push_back({expert, source, rows.size()});
        }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.expert < b.expert; });
    Arrivals arrivals{sums_before(of_expert), std::vector<std::int32_t>(rows.size())};
    for (std::size_t row = 0; row < rows.size(); ++row)
        arrivals.row_of_arrival[rows[row].arrival] = static_cast<std::int32_t>(row);
    return arrivals;
}

}  // namespace tokenyard::gpu::oracle
