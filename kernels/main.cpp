// SPDX-License-Identifier: Apache-2.0
// Errors become exit codes, and nothing else happens.
#include "cli/run.hpp"

#include <cstdio>

int main(int argc, char** argv) {
    const tokenyard::gpu::Outcome outcome = tokenyard::gpu::outcome_of([&] {
        return tokenyard::gpu::run({argv + 1, argv + argc});
    });
    std::fputs(outcome.message.c_str(), stderr);
    return outcome.exit_code;
}
