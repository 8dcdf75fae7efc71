// SPDX-License-Identifier: Apache-2.0
// Options of the verbs that take S(i,k) from a file.
#pragma once

#include "model/units.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace tokenyard {

/// Adds `--matrix` and `--matrix-scale`, filling both. Gives the former.
CLI::Option* add_matrix_options(CLI::App& verb, std::string& matrix, std::string& scale);

/// What `--matrix-scale` says; nothing when it is empty. Throws InputError for what is no size.
std::optional<Bytes> scale_asked_for(const std::string& scale);

}  // namespace tokenyard
