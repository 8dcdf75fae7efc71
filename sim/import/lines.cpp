// SPDX-License-Identifier: Apache-2.0
#include "import/lines.hpp"

#include <algorithm>

namespace tokenyard {

std::vector<TextLine> text_lines(std::string_view text) {
    std::vector<TextLine> lines;
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back({line, number});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::vector<Word> words_of(std::string_view line) {
    constexpr std::string_view blanks = " \t\r";
    std::vector<Word> words;
    for (std::size_t start = line.find_first_not_of(blanks); start != std::string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(blanks, start), line.size());
        words.push_back({line.substr(start, end - start), static_cast<int>(start) + 1});
        start = line.find_first_not_of(blanks, end);
    }
    return words;
}

}  // namespace tokenyard
