// SPDX-License-Identifier: Apache-2.0
// A check that was asked for did not hold: exit code 4.
#pragma once

#include <stdexcept>

namespace tokenyard {

class CheckFailed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace tokenyard
