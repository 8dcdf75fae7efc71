// SPDX-License-Identifier: Apache-2.0
// Algorithms on small clusters, run on each engine, for closed forms.
#pragma once

#include "collective/plan.hpp"
#include "engine/simulate.hpp"
#include "model/routing.hpp"
#include "support/clusters.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>

namespace tokenyard {

/// A schedule and how it went, in microseconds.
struct Run {
    Schedule schedule;
    Timeline timeline;

    double makespan() const;
    /// The last end of the steps from a rank to another one; -1 where there is none.
    double end(int source, int destination) const;
};

/// One phase by this algorithm: the test that calls it runs once on each engine.
Run run(const char* algorithm, const Exchange& exchange, const Costs& costs,
        const Cluster& cluster = single_switch_cluster(2, 2));

/// Every pair of four ranks its own size, 1 MB to 6 MB.
VolumeMatrix uneven();

/// For sums that are right but for rounding.
Approx exactly(double microseconds_expected);

/// Counts by hand, row = source.
RankMatrix<std::uint32_t> counts(std::initializer_list<std::initializer_list<std::uint32_t>> rows);

/// Tokens by hand: counts of copies and of distinct tokens. A token has 1,000 bf16 elements, 2,000 B, and two experts.
Exchange tokens_by_hand(Direction direction, const RankMatrix<std::uint32_t>& per_rank,
                        const RankMatrix<std::uint32_t>& per_island);

/// On two nodes of two GPUs 1,000 such tokens of rank 0 with experts on node 1: 600 need rank 2, its gateway there, and 700
/// rank 3.
Exchange thousand_tokens(Direction direction);

}  // namespace tokenyard
