// SPDX-License-Identifier: Apache-2.0
// A study as JSON, for reports that add to it.
#pragma once

#include "model/study.hpp"

#include <nlohmann/json.hpp>

namespace tokenyard {

using StudyJson = nlohmann::ordered_json;

/// schema tokenyard.study/1 without its cases, groups and front: what was asked of which files.
StudyJson study_as_json(const StudyResults& results);

/// null where there is no value.
StudyJson cell_as_json(const Cell& cell);

}  // namespace tokenyard
