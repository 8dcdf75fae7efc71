// Runs the real program.
#pragma once

#include <string>

namespace tokenyard {

struct ProcessResult {
    int exit_code = -1;
    std::string out, err;
};

/// Runs `tokenyard ARGUMENTS` through the shell in `folder`, which the arguments may quote for.
ProcessResult run_tokenyard(const std::string& arguments, const std::string& folder = ".");

}  // namespace tokenyard
