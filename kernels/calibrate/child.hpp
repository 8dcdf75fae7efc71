// SPDX-License-Identifier: Apache-2.0
// Runs this program again with other options and another environment, which some libraries read only once.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tokenyard::gpu {

struct ChildRun {
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;  // beside what this process has
};

struct ChildResult {
    int exit_code = 3;  // 128 + signal where one ended it
    std::string out, err;
};

/// Throws std::runtime_error when it cannot be started.
ChildResult run_child(const ChildRun& run);

}  // namespace tokenyard::gpu
