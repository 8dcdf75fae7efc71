// SPDX-License-Identifier: Apache-2.0
// How help looks: options in groups, what their values are, and examples. In one table, so that a name means the same everywhere.
#pragma once

#include <CLI/CLI.hpp>

namespace tokenyard {

/// Adds the verb `help`, and gives every verb its group and examples, and every option its group and the kind of its value. Pre:
/// all other verbs are added.
void arrange_help(CLI::App& program);

}  // namespace tokenyard
