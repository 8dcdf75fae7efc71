// SPDX-License-Identifier: Apache-2.0
// A small study in a folder, and questions to its results.
#pragma once

#include "support/files.hpp"

#include <string>

namespace tokenyard {

/// s.yaml: 2 x 3 x 2 x 3 = 36 cases, of which those with 3 nodes are wrong: 16 experts are no multiple of 12 ranks.
struct SweepFolder : TemporaryFolder {
    SweepFolder();
};

/// All fields of all rows that the query gives, one behind the other; SQLite's reason where it gives none.
std::string ask(const std::string& file, const std::string& sql);

}  // namespace tokenyard
