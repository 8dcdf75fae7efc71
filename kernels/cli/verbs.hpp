// SPDX-License-Identifier: Apache-2.0
// One function a verb.
#pragma once

#include "cli/arguments.hpp"

namespace tokenyard::gpu {

Verb selftest_verb();
Verb bench_verb(const std::string& command);
Verb route_verb();
Verb exchange_verb(const std::string& command);
Verb calibrate_verb(const std::string& command);

}  // namespace tokenyard::gpu
