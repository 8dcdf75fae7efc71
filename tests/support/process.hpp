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

}  // namespace tokenyard
