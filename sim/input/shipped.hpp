// SPDX-License-Identifier: Apache-2.0
// Studies and records that are shipped, and how they are told from other files.
#pragma once

#include "input/input.hpp"
#include "input/source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// The shipped files of a kind, by name, with the first line of their descriptions. Pre: `kind` is study or record.
std::vector<PresetSummary> list_shipped(PresetKind kind);

/// Study or record where a file has the keys of one, or a preset of that kind has the name; nothing for other files, for those
/// that cannot be read, and for standard input, which can be read once only.
std::optional<PresetKind> study_or_record(const std::string& name);

}  // namespace tokenyard
