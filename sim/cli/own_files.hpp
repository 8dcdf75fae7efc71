// SPDX-License-Identifier: Apache-2.0
// Outputs that would overwrite each other, or what was read.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tokenyard {

/// Throws CLI::ValidationError for an output that is another one or an input, however it is spelt. `outputs` are options and the
/// files given to them; an empty one is none. Devices and pipes may be given again.
void expect_own_files(const std::vector<std::pair<std::string, std::string>>& outputs, const std::vector<std::string>& inputs);

}  // namespace tokenyard
