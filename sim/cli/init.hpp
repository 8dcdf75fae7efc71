// SPDX-License-Identifier: Apache-2.0
// The verb that writes files to start from.
#pragma once

#include <CLI/CLI.hpp>

namespace tokenyard {

void add_init(CLI::App& program);

}  // namespace tokenyard
