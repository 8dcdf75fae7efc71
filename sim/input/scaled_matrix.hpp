// SPDX-License-Identifier: Apache-2.0
// A case of a matrix whose entries are multiples of a size.
#pragma once

#include "input/input.hpp"

namespace tokenyard {

/// As read_matrix_case (input/input.hpp), which it is without a scale; with one, its report names it beside the file.
Case read_scaled_matrix_case(const std::string& cluster, const std::string& matrix_file, const std::optional<Bytes>& scale,
                             const std::vector<Override>& overrides, const ClusterCheck& check = {},
                             const SoftwareChoice& software = {});

}  // namespace tokenyard
