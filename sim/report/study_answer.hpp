// SPDX-License-Identifier: Apache-2.0
// What a study was asked, answered in one sentence; and whether its cases fit into memory. Private to this folder.
#pragma once

#include "model/study.hpp"

#include <string>

namespace tokenyard {

/// "# Best of 24 cases that fit: ranks 16, algorithm two-level: ...". Nothing where nothing was asked.
std::string answer_line(const StudyResults& results);

/// How full the fullest GPU of all cases is, or how many cases have no room.
std::string memory_line(const StudyResults& results);

}  // namespace tokenyard
