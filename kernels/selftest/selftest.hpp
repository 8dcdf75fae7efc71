// SPDX-License-Identifier: Apache-2.0
// Every kernel against its oracle.
#pragma once

#include "selftest/trial.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard::gpu {

struct SelftestOptions {
    std::uint64_t seed = 1;
    std::string filter;     // part of a kernel's or a case's name; all unless given
    bool is_small = false;  // leave out large cases
};

/// In the order of the table. A case that throws is a finding that does not hold, with the reason; CudaError ends the run.
std::vector<Finding> run_selftest(const SelftestOptions& options);

/// The table, lines of `#` around it.
std::string as_table(const std::vector<Finding>& findings, const SelftestOptions& options, const DeviceDescription& device);

}  // namespace tokenyard::gpu
