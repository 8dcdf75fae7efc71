// SPDX-License-Identifier: Apache-2.0
// Files in and out; - is standard output.
#pragma once

#include <string>
#include <string_view>

namespace tokenyard::gpu {

/// Throws std::runtime_error, "cannot read 'FILE': reason".
std::string read_file(const std::string& file);

/// A file is replaced when all of it is written, and left as it was otherwise. Throws std::runtime_error, "cannot write ...".
void write_output(const std::string& file, std::string_view text);

}  // namespace tokenyard::gpu
