// SPDX-License-Identifier: Apache-2.0
// What stands behind the table of algorithms: the row of each, which its own file defines, and what several of them share.
//
// To add an algorithm: a file in this folder that ends in its row (`const Algorithm mine_algorithm{...}`), its name in the list
// below, a test case tagged [closed-form][its name] in tests/collective/ that works it out by hand, and its line in
// docs/algorithms.md. All else follows the table; tests/collective/algorithms_test.cpp says what is forgotten.
#pragma once

#include "collective/plan.hpp"

namespace tokenyard {

/// In the order in which they are listed.
#define TOKENYARD_ALGORITHMS(ALGORITHM) \
    ALGORITHM(direct)                   \
    ALGORITHM(nccl)                     \
    ALGORITHM(nccl_ce)                  \
    ALGORITHM(mpi)                      \
    ALGORITHM(mpi_linear)               \
    ALGORITHM(mpi_pairwise)             \
    ALGORITHM(mpi_bruck)                \
    ALGORITHM(mpich)                    \
    ALGORITHM(dedup)                    \
    ALGORITHM(two_level)                \
    ALGORITHM(sent_once)                \
    ALGORITHM(low_latency)              \
    ALGORITHM(balanced)

#define TOKENYARD_DECLARE(name) extern const Algorithm name##_algorithm;
TOKENYARD_ALGORITHMS(TOKENYARD_DECLARE)
#undef TOKENYARD_DECLARE

/// For algorithms that must know which tokens are the same: "found S(i,k) without tokens; ...".
std::string refuses_matrices(const Exchange& exchange, const Fabric& fabric, const Costs& costs);

/// For algorithms of equal sizes, the diagonal aside: "found pairs that exchange unequal sizes; expected equal ones" and the
/// reason.
std::string refuses_unequal_pairs(const Exchange& exchange, std::string_view reason);

/// Grouped ncclSend and ncclRecv, for algorithms that send other bytes in the same way.
std::vector<StepId> append_nccl(const Exchange& exchange, const Fabric& fabric, const Costs& costs,
                                const std::vector<StepId>& ready, Schedule& schedule);
/// CTAs that its kernels can have at once.
int nccl_sms(const Costs& costs, const Fabric& fabric);

}  // namespace tokenyard
