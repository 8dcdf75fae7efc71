// SPDX-License-Identifier: Apache-2.0
// Kinds of files with measured times, each of which becomes a record.
#pragma once

#include "import/import.hpp"
#include "input/source.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

bool is_log(std::string_view kind);

/// The record as YAML. `shown`: the file's name; `name`: of the record. Adds what the user should know to `notes`.
/// Pre: is_log(kind).
std::string record_of_log(const SourceText& source, std::string_view kind, const std::string& shown, const std::string& name,
                          const ImportOptions& options, std::vector<std::string>& notes);

}  // namespace tokenyard
