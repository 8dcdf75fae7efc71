// SPDX-License-Identifier: Apache-2.0
// Runs the real programs.
#pragma once

#include <string>

namespace tokenyard {

struct ProcessResult {
    int exit_code = -1;
    std::string out, err;
};

/// Runs `PROGRAM ARGUMENTS` through the shell in `folder`, which the arguments may quote for.
ProcessResult run_program(const std::string& program, const std::string& arguments, const std::string& folder = ".");

/// Runs `tokenyard ARGUMENTS` so.
ProcessResult run_tokenyard(const std::string& arguments, const std::string& folder = ".");

/// The exit code of a process that was ended by SIGKILL, as the shell has it.
inline constexpr int killed = 128 + 9;

/// Runs it so that whichever of its processes comes to the point kills itself there (sim/testing/testing_point.hpp).
ProcessResult run_tokenyard_killed_at(const std::string& point, const std::string& arguments, const std::string& folder);

}  // namespace tokenyard
