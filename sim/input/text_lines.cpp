// SPDX-License-Identifier: Apache-2.0
#include "input/text_lines.hpp"

#include <algorithm>

namespace tokenyard {

std::vector<Line> lines_of(const SourceText& source) {
    std::vector<Line> lines;
    std::string_view rest = source.text;
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);  // a byte order mark, as spreadsheets write it
    for (int number = 1; !rest.empty(); ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        line = line.substr(0, line.find('#'));
        if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back({line, number});
    }
    return lines;
}

}  // namespace tokenyard
