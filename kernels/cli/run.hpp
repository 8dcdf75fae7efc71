// SPDX-License-Identifier: Apache-2.0
// The program: a verb and its options.
#pragma once

#include "cuda/device.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tokenyard::gpu {

/// The command line is wrong: exit 1.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// A file's content is wrong: exit 2.
struct InputError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// There is no GPU to run on: exit 77.
struct NoDevice : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// How a run ended: the exit code, and for stderr what went wrong, if anything did.
struct Outcome {
    int exit_code = 0;
    std::string message;
};

/// Runs it and makes its exceptions exit codes: 1 UsageError, 2 InputError, 77 NoDevice, 3 any other.
Outcome outcome_of(const std::function<int()>& work);

/// Does what the arguments (without the program's name) ask for; gives the exit code: 0, or 4 where a check did not hold.
int run(const std::vector<std::string>& arguments);

/// Device 0. Throws NoDevice.
DeviceDescription need_device();

}  // namespace tokenyard::gpu
