// SPDX-License-Identifier: Apache-2.0
// Texts as CSV fields.
#pragma once

#include <string>

namespace tokenyard {

/// RFC 4180: in quotes where it holds a comma, a quote or a line's end.
inline std::string as_csv_field(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string field(1, '"');
    for (const char c : text) field.append(c == '"' ? 2 : 1, c);
    field.push_back('"');
    return field;
}

}  // namespace tokenyard
