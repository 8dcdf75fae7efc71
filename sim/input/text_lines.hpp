// SPDX-License-Identifier: Apache-2.0
// The lines of a table in plain text.
#pragma once

#include "input/source.hpp"

#include <string_view>
#include <vector>

namespace tokenyard {

struct Line {
    std::string_view text;
    int number = 0;
};

/// Lines without their comments, which `#` starts; empty ones are left out. They are views of the text.
std::vector<Line> lines_of(const SourceText& source);

}  // namespace tokenyard
