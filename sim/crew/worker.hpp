// SPDX-License-Identifier: Apache-2.0
// One worker: a process that never computes itself, so that it outlives what does.
#pragma once

#include "crew/crew.hpp"

namespace tokenyard {

/// Reads jobs from the socket, forks a process for each, and sends back what came out, until the other end closes. Never returns.
[[noreturn]] void work_as_worker(int socket, pid_t employer, const Work& work) noexcept;

}  // namespace tokenyard
