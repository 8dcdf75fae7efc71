// SPDX-License-Identifier: Apache-2.0
// Files of numbers beside the YAML, known by what is in them: matrices, recorded expert ids, shares, and maps of experts.
#pragma once

#include "model/workload.hpp"

#include <optional>
#include <string>

namespace tokenyard {

/// Reads such a file, all of it, and says what it is: "matrix of 8 ranks". Ids and maps are checked against the model where there
/// is one, else only against themselves. Of ids `FILE#3` is layer 3; without it each layer is read. Nothing for any other file.
/// Throws InputError for what is wrong in it.
std::optional<std::string> checked_data_file(const std::string& file, const std::optional<Model>& model);

}  // namespace tokenyard
