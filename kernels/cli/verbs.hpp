// One function a verb.
#pragma once

#include "cli/arguments.hpp"

namespace tokenyard::gpu {

Verb selftest_verb();
Verb bench_verb(const std::string& command);
Verb route_verb();

}  // namespace tokenyard::gpu
