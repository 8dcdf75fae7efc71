// SPDX-License-Identifier: Apache-2.0
// The command line: verbs, their options, and what they print.
#pragma once

namespace tokenyard {

/// Runs the verb that the arguments name. Gives the exit code: 0, or 1 for a wrong command line; throws InputError
/// for wrong input and std::exception when the world failed.
int run(int argc, char** argv);

}  // namespace tokenyard
