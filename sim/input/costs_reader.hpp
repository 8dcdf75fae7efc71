// SPDX-License-Identifier: Apache-2.0
// Files of costs: calibrations and parts, which share their keys.
#pragma once

#include "input/document.hpp"
#include "input/source.hpp"
#include "model/costs.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// The keys at the top of a file of costs: its title, the groups of costs, and what only some kinds have.
std::vector<std::string_view> cost_file_keys(PresetKind kind);

/// "nccl_2_29" of "parts/libraries/nccl_2_29.yaml", and of the preset's name.
std::string file_stem(const std::string& file);

/// The cost's node; of kind `nothing` where it is taken away. Null where nothing is said of it.
const YamlNode* cost_in(const YamlNode& root, const CostKey& key);

/// A file of costs as it stands. Any cost may be left out; what is there must be right. Throws InputError.
Costs given_costs(const YamlPtr& root, PresetKind kind);

/// The same without name and sources, for keys that stand in no file.
void check_costs(const YamlPtr& root, PresetKind kind);

/// For each row of the table the file that gives it, without folder and ending; empty where it is not given.
std::vector<std::string> given_by(const YamlNode& root);

/// Whether a group of costs came after the first version, so that a calibration that was whole then does not give it.
bool came_later(std::string_view group);

/// Whether it gives every cost that the table says is needed, of groups that came later aside.
bool gives_all_needed(const YamlNode& root);

/// The groups of costs in a map. `is_whole`: each group, and of it each cost that is needed, must be there. Throws InputError.
void read_groups(const YamlPtr& root, bool is_whole, Costs& costs);

}  // namespace tokenyard
